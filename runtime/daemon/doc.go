// Package daemon is the clockwork of a code location: what goes on without a
// request. It folds the states of partitions into compressed sets, so that readers need
// not count rows; package retention removes values that nothing refers to.
//
// Each loop is independent, is started and stopped with the same contract, and
// may be repeated by another process without harm. The package must never carry
// out a run itself, and no loop may hold up an append.
package daemon
