package dev

import (
	"strings"
	"sync"

	"rivers.io/cli/riversctl/child"
	"rivers.io/cli/riversctl/project"
	"rivers.io/cli/riversctl/supervise"
	"rivers.io/ui"
)

// Board holds the one entry of the laptop's registry, as the supervisor sees it.
// The UI reads it, and feeds are told of each change.
type Board struct {
	identity func(name string) (string, error)

	mu      sync.Mutex
	entry   ui.Location
	status  supervise.Status
	changed chan struct{}
	feed    func(ui.Location)
}

var (
	_ ui.Locations        = (*Board)(nil)
	_ supervise.Publisher = (*Board)(nil)
)

// NewBoard makes a board for a location that is expected to be called name. feed,
// when not nil, is given the entry after each change, in order.
func NewBoard(name string, identity func(name string) (string, error), feed func(ui.Location)) *Board {
	b := &Board{identity: identity, changed: make(chan struct{}), feed: feed}
	b.status.Phase = supervise.Starting
	b.change(func(e *ui.Location) { e.Namespace, e.Name = project.Namespace, name })
	return b
}

// List returns the entry.
func (b *Board) List() []ui.Location {
	b.mu.Lock()
	defer b.mu.Unlock()
	return []ui.Location{b.entry}
}

// Synced is always true: nothing has to be fetched.
func (b *Board) Synced() bool { return true }

// Changed returns a channel that is closed at the next change.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Publish points the entry at a generation that serves.
func (b *Board) Publish(build supervise.Build, a child.Announcement) {
	b.change(func(e *ui.Location) {
		e.Name, e.Endpoint, e.Image = build.Name, a.GRPC, buildName(build.ID)
	})
}

// Withdraw takes the address away.
func (b *Board) Withdraw() { b.change(func(e *ui.Location) { e.Endpoint = "" }) }

// Report takes the supervisor's status into the entry.
func (b *Board) Report(s supervise.Status) {
	b.mu.Lock()
	b.status = s
	b.mu.Unlock()
	b.change(func(*ui.Location) {})
}

func (b *Board) change(edit func(*ui.Location)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.entry
	edit(&b.entry)
	if b.entry.Name != before.Name || b.entry.ID == "" {
		// Without an identity the entry still shows what is wrong with the build.
		b.entry.ID, _ = b.identity(b.entry.Name)
	}
	b.entry.Phase, b.entry.Message = phase(b.entry, b.status)
	b.entry.BuildError = b.status.BuildError
	if b.entry == before {
		return
	}
	close(b.changed)
	b.changed = make(chan struct{})
	if b.feed != nil {
		b.feed(b.entry)
	}
}

// firstProblem is the first line of a build error that names a problem: the go command
// begins with the package.
func firstProblem(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return text
}

// phase says in the words of a registry what the supervisor sees.
func phase(e ui.Location, s supervise.Status) (ui.Phase, string) {
	switch {
	case e.Endpoint != "" && s.BuildError != "":
		return ui.PhaseReady, "the newest build failed; the build before it serves"
	case e.Endpoint != "" && s.Problem != "":
		return ui.PhaseReady, "the newest build does not start; the build before it serves: " + s.Problem
	case e.Endpoint != "":
		return ui.PhaseReady, ""
	case s.Phase == supervise.Stopped:
		return ui.PhasePending, "riversctl dev is stopping"
	case s.Restarting:
		return ui.PhaseRestarting, "the pipeline ended by itself and is started again: " + s.Problem
	case s.Building:
		return ui.PhaseBuilding, "the pipeline is being built"
	case s.BuildError != "":
		return ui.PhaseFailed, "the build failed: " + firstProblem(s.BuildError)
	case s.Problem != "":
		return ui.PhaseFailed, s.Problem
	default:
		return ui.PhaseDeploying, "the pipeline is starting"
	}
}
