package uitest

import (
	"slices"
	"sync"

	"rivers.io/ui"
)

// Locations is a list of locations that tests change.
type Locations struct {
	mu      sync.Mutex
	list    []ui.Location
	changed chan struct{}
}

// NewLocations returns a list of the given locations.
func NewLocations(list ...ui.Location) *Locations {
	return &Locations{list: list, changed: make(chan struct{})}
}

// List returns the locations.
func (l *Locations) List() []ui.Location {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// Synced is true.
func (l *Locations) Synced() bool { return true }

// Changed returns a channel that the next Set closes.
func (l *Locations) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// Set replaces a location of the same name.
func (l *Locations) Set(one ui.Location) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.list {
		if l.list[i].Namespace == one.Namespace && l.list[i].Name == one.Name {
			l.list[i] = one
		}
	}
	close(l.changed)
	l.changed = make(chan struct{})
}
