package dev

import (
	"testing"

	"rivers.io/cli/riversctl/child"
	"rivers.io/cli/riversctl/supervise"
	"rivers.io/ui"
)

func TestBoard(t *testing.T) {
	var fed []ui.Location
	b := NewBoard("dir", func(name string) (string, error) { return "id-" + name, nil }, func(l ui.Location) { fed = append(fed, l) })
	now := func() ui.Location { return b.List()[0] }
	changed := b.Changed()

	b.Report(supervise.Status{Phase: supervise.Starting, BuildError: "# example.test/p\nmain.go:1: no\nmain.go:2: no"})
	select {
	case <-changed:
	default:
		t.Error("a change was not announced")
	}
	if l := now(); l.Phase != ui.PhaseFailed || l.Message != "the build failed: main.go:1: no" || l.Up() {
		t.Errorf("after a failed first build: %+v", l)
	}

	b.Report(supervise.Status{Phase: supervise.Starting})
	b.Publish(supervise.Build{ID: "1", Name: "aviation"}, child.Announcement{GRPC: "127.0.0.1:3001"})
	b.Report(supervise.Status{Phase: supervise.Serving})
	if l := now(); l.Phase != ui.PhaseReady || l.Name != "aviation" || l.ID != "id-aviation" || l.Image != "local-1" || l.Message != "" {
		t.Errorf("serving: %+v", l)
	}

	b.Report(supervise.Status{Phase: supervise.Serving, BuildError: "main.go:2: no"})
	if l := now(); l.Phase != ui.PhaseReady || l.BuildError != "main.go:2: no" || !l.Up() {
		t.Errorf("a build error must not take the location down: %+v", l)
	}

	b.Withdraw()
	b.Report(supervise.Status{Phase: supervise.Crashed, Problem: "exit status 2", Restarting: true})
	if l := now(); l.Phase != ui.PhaseRestarting || l.Up() || l.Message != "the pipeline ended by itself and is started again: exit status 2" {
		t.Errorf("restarting: %+v", l)
	}
	b.Report(supervise.Status{Phase: supervise.Crashed, Problem: "exit status 2"})
	if l := now(); l.Phase != ui.PhaseFailed || l.Up() || l.Message != "exit status 2" {
		t.Errorf("crashed: %+v", l)
	}
	n := len(fed)
	b.Withdraw()
	if len(fed) != n {
		t.Error("a change that changes nothing was fed")
	}
}
