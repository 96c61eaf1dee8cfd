package dev

import (
	riversv1 "rivers.io/proto/rivers/v1"

	"rivers.io/operator/registry"
	"rivers.io/ui"
)

// feed puts the entry of the board into the registry.
type feed struct {
	entries *registry.Feed
	last    ui.Location
	count   int64
}

func newFeed() *feed { return &feed{entries: registry.NewFeed()} }

// set replaces the entry; one that was renamed leaves nothing behind. Calls are
// made one after another.
func (f *feed) set(l ui.Location) {
	if f.last.Name != "" && f.last.Name != l.Name {
		f.entries.Remove(f.last.Namespace, f.last.Name)
	}
	f.last = l
	f.count++
	f.entries.Put(&riversv1.CodeLocation{
		Namespace: l.Namespace, Name: l.Name, Identity: l.ID, Endpoint: l.Endpoint, Image: l.Image,
		Phase: string(l.Phase), Message: l.Message, Generation: f.count,
	})
	f.entries.MarkSynced()
}
