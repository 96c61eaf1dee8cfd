package doctest

import (
	"strings"
	"testing"

	"rivers.io/internal/surrealtest"
)

// startSurrealDB runs a real SurrealDB at the page's 127.0.0.1:8000, and returns the
// environment in which its root, and the users that the page defines, sign in.
func (at *place) startSurrealDB(t *testing.T) []string {
	t.Helper()
	e := surrealtest.Start(t, surrealtest.Options{})
	at.port["127.0.0.1:8000"] = strings.TrimPrefix(e.URL, "ws://")
	return []string{
		"SURREAL_PASS=" + e.Root.Password,
		"RIVERS_SURREAL_USERNAME=rivers_writer", "RIVERS_SURREAL_PASSWORD=write-secret",
		"RIVERS_SURREAL_VIEWER_USERNAME=rivers_viewer", "RIVERS_SURREAL_VIEWER_PASSWORD=view-secret",
	}
}
