package executor

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/host"
	"rivers.io/runtime/store"
)

// Config is what a Manager needs; zero fields take the default they name.
type Config struct {
	// Location is the state of the location whose runs are carried out.
	Location store.Location
	// Graph is the location's graph.
	Graph *asset.Graph
	// Host carries out steps in this process.
	Host host.Host
	// Subprocess carries out steps in child processes; nil where there is
	// none, and assets that ask for it then fail with a configuration error.
	Subprocess host.Host
	// Default says where the steps of assets that do not choose run; the
	// default is event.InProcess.
	Default event.Worker
	// ID names the executor; it owns leases and writes events under it.
	ID string
	// Image is the digest or build that the process runs.
	Image string
	// Parallelism bounds the attempts that run at once; default: CPUs.
	Parallelism int
	// Retry is the location's default policy; nil means no retries.
	Retry *asset.RetryPolicy
	// Lease is how long ownership lasts unrenewed (15 s; at most
	// store.MaxLease), Renew how often an
	// idle owner renews it (5 s), Trust how long the owner itself believes in
	// an acknowledgement (10 s).
	Lease, Renew, Trust time.Duration
	// CancelGrace is how long a function may go on after its context ended,
	// before it is abandoned (1 s).
	CancelGrace time.Duration
	// GiveUp is how long a batch is resent before the process gives up (5 min).
	GiveUp time.Duration
	// Sweep is how often runs without an owner are looked for (5 s).
	Sweep time.Duration
	// OwnRunsOnly leaves runs alone that were not launched here: for a process
	// that ends with its one run.
	OwnRunsOnly bool
	// Restarts is how often a run may lose its executor without one of its steps
	// ending in between (20).
	Restarts int
	// Now is the wall clock of retries; default time.Now.
	Now func() time.Time
	// SettleOutput waits, for a moment at most, until what user code has printed
	// past its context was given to ProcessOutput; nil where nobody captures it.
	SettleOutput func()
	// Random gives the jitter of waits in [0, 1); default math/rand.
	Random func() float64
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	var errs []error
	for _, need := range []struct {
		name string
		ok   bool
	}{
		{"Location", c.Location != nil}, {"Graph", c.Graph != nil}, {"Host", c.Host != nil}, {"ID", c.ID != ""},
	} {
		if !need.ok {
			errs = append(errs, fmt.Errorf("executor: %s is required", need.name))
		}
	}
	if c.Default == "" {
		c.Default = event.InProcess
	}
	if c.Parallelism <= 0 {
		c.Parallelism = runtime.GOMAXPROCS(0)
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.Lease, 15 * time.Second}, {&c.Renew, 5 * time.Second}, {&c.Trust, 10 * time.Second},
		{&c.CancelGrace, time.Second}, {&c.GiveUp, 5 * time.Minute}, {&c.Sweep, 5 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if c.Trust >= c.Lease || c.Renew >= c.Trust || c.Lease > store.MaxLease {
		errs = append(errs, fmt.Errorf("executor: want Renew %v < Trust %v < Lease %v ≤ %v", c.Renew, c.Trust, c.Lease, store.MaxLease))
	}
	if c.Restarts <= 0 {
		c.Restarts = 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = randomFloat
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(errs...)
}
