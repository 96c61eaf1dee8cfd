package dev

import (
	"bytes"
	"strings"
	"testing"

	"rivers.io/cli/riversctl/supervise"
)

// TestFarewell promises no next start to what keeps nothing.
func TestFarewell(t *testing.T) {
	for _, ephemeral := range []bool{false, true} {
		var out bytes.Buffer
		c := &console{w: &out, farewell: farewell(Config{StateDir: "/tmp/x/.rivers", Ephemeral: ephemeral}), addresses: func() []string { return nil }}
		c.report(supervise.Status{Phase: supervise.Serving, Build: "1", Generation: 1})
		promised, found := strings.Contains(out.String(), "next start"), strings.Contains(out.String(), "--state-dir /tmp/x/.rivers")
		if promised == ephemeral || found != ephemeral {
			t.Errorf("ephemeral %v:\n%s", ephemeral, out.String())
		}
	}
}

// TestHeldBuildIsToldSo does not promise a restart that does not come.
func TestHeldBuildIsToldSo(t *testing.T) {
	var out bytes.Buffer
	c := &console{w: &out}
	c.report(supervise.Status{Phase: supervise.Starting, Problem: "schema version mismatch", Held: true})
	if text := out.String(); !strings.Contains(text, "not started again") || !strings.Contains(text, "save a file") {
		t.Error(text)
	}
}
