// Package faulty wraps a store and makes it fail on purpose, so that tests can
// prove what callers do when a store is slow, busy, full or suddenly gone.
//
// What happens at which call follows from a Plan and a seed alone: the same calls
// in the same order meet the same faults. Only calls that write are counted, and
// they are numbered from 1 in the order in which they arrive.
//
//	st := faulty.New(inner, faulty.Plan{CrashAt: 7, After: true})
//	…                       // the seventh write is committed, its answer lost,
//	                        // and from then on every call fails
//
// The package must never change what is stored other than through the store that
// it wraps, and must not be linked into a program.
package faulty
