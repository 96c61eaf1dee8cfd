package supervise

import (
	"context"
	"time"

	"rivers.io/cli/riversctl/child"
)

// Build is one built pipeline.
type Build struct {
	// ID tells builds apart; equal ids are the same binary.
	ID string
	// Path is the executable.
	Path string
	// Name is the name of the location it declares.
	Name string
}

// Builder builds the sources as they are now.
type Builder interface {
	// Build returns the newest build, or an error whose text is for people: what
	// the compiler said, or what the pipeline's declarations lack. Paths in use
	// lists the executables that must be kept.
	Build(ctx context.Context, inUse []string) (Build, error)
}

// Child is a started build, as child.Process has it. Drain lets it finish what it
// runs; Drain once more makes it leave its runs to whoever starts next.
type Child interface {
	WaitServing(ctx context.Context) (child.Announcement, error)
	Done() <-chan struct{}
	Err() error
	Drain()
	Kill()
}

// Launcher starts a build as generation n, counted from 1.
type Launcher interface {
	Launch(b Build, n int) (Child, error)
}

// Publisher tells the registry where the location is.
type Publisher interface {
	// Publish replaces the address of the location by that of a generation that
	// serves.
	Publish(b Build, a child.Announcement)
	// Withdraw says that nobody serves the location now.
	Withdraw()
}

// Phase says whether the location can be reached.
type Phase string

// The phases.
const (
	// Starting: nothing has served yet.
	Starting Phase = "starting"
	// Serving: a generation serves and is published.
	Serving Phase = "serving"
	// Crashed: the generation that served ended; it is started again unless Held.
	Crashed Phase = "crashed"
	// Stopped: all is over.
	Stopped Phase = "stopped"
)

// Status is what people are shown.
type Status struct {
	Phase Phase
	// Building says that a build is under way.
	Building bool
	// BuildError is what the newest build failed with; empty when it succeeded.
	BuildError string
	// Problem says why the newest build that succeeded does not serve; empty when
	// it does.
	Problem string
	// Held says that the problem is not tried again until the next save: the build
	// and the schema of the database do not fit.
	Held bool
	// Restarting says that what served has ended by itself and is being started
	// again for the first time since; that is over when it serves or fails to.
	Restarting bool
	// At is when the phase, the error or the problem last changed.
	At time.Time
	// Build and Generation are those that serve, or served last.
	Build      string
	Generation int
	// Draining is how many replaced generations still run.
	Draining int
}
