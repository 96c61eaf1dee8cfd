package dev

import (
	"testing"

	"rivers.io/ui"
)

func TestFeedFollowsARename(t *testing.T) {
	f := newFeed()
	f.set(ui.Location{Namespace: "local", Name: "dir", Phase: ui.PhaseBuilding})
	select {
	case <-f.entries.Synced():
	default:
		t.Error("the registry does not answer before the first build serves")
	}
	f.set(ui.Location{Namespace: "local", Name: "aviation", Phase: ui.PhaseReady, Endpoint: "127.0.0.1:1"})
	all := f.entries.List("local")
	if len(all) != 1 || all[0].GetName() != "aviation" || all[0].GetEndpoint() != "127.0.0.1:1" {
		t.Errorf("entries: %v", all)
	}
}
