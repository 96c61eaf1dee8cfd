package storetest

import (
	"context"
	"testing"
	"time"

	"rivers.io/runtime/store"
)

// Database is one database that can be opened several times at once, as by
// several processes.
type Database interface {
	// Open opens the database. The suite closes what it opened.
	Open(ctx context.Context, opt Options) (store.Store, error)
}

// Options say how a database is opened.
type Options struct {
	// ReadOnly opens for reading alone.
	ReadOnly bool
	// Now is the clock of record; nil means the driver's own.
	Now func() time.Time
}

// Harness connects the suite with a driver.
type Harness struct {
	// New returns a database that nobody opened yet. It is removed when the
	// test ends.
	New func(t testing.TB) Database
	// Without names promises (names of the suite's tests) that the driver
	// cannot keep, each with the reason. They are reported as skipped.
	Without map[string]string
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	known := map[string]bool{}
	for _, group := range groups {
		for _, test := range group.tests {
			name := group.name + "/" + test.name
			known[name] = true
			t.Run(name, func(t *testing.T) {
				if why, ok := h.Without[name]; ok {
					t.Skip("the driver is known to lack this: " + why)
				}
				test.run(newFixture(t, h.New(t)))
			})
		}
	}
	for name := range h.Without {
		if !known[name] {
			t.Errorf("the suite has no test %q", name)
		}
	}
}

// promise is one test of the suite.
type promise struct {
	name string
	run  func(*fixture)
}

var groups = []struct {
	name  string
	tests []promise
}{
	{"catalogue", catalogueTests},
	{"create", createTests},
	{"list", listTests},
	{"lease", leaseTests},
	{"append", appendTests},
	{"events", eventTests},
	{"watch", watchTests},
	{"assets", assetTests},
	{"partitions", partitionTests},
	{"logs", logTests},
	{"cancel", cancelTests},
	{"delete", deleteTests},
	{"scope", scopeTests},
	{"store", storeTests},
	{"concurrency", concurrencyTests},
	{"faults", faultTests},
}
