package ui_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"rivers.io/runtime/store"
	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

// rising is a store whose schema rises past this build when rise is closed.
type rising struct {
	store.Store
	rise chan struct{}
}

func (r rising) AwaitIncompatible(ctx context.Context) error {
	select {
	case <-r.rise:
		return fmt.Errorf("watch the schema: the database has schema version 9, which builds below version 9 cannot read; this build knows 1; upgrade rivers: %w", store.ErrSchema)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// told is a log that tells when an error was logged.
type told struct {
	slog.Handler
	errors chan struct{}
}

func (told) Enabled(context.Context, slog.Level) bool { return true }

func (h told) WithAttrs([]slog.Attr) slog.Handler { return h }

func (h told) Handle(_ context.Context, r slog.Record) error {
	if r.Level == slog.LevelError {
		h.errors <- struct{}{}
	}
	return nil
}

// TestTheDatabaseMovesOn raises the schema under a running server (S-161).
func TestTheDatabaseMovesOn(t *testing.T) {
	s := newSite(t, uitest.Options{})
	db := rising{s.Writer, make(chan struct{})}
	log := told{slog.DiscardHandler, make(chan struct{}, 1)}
	gateway := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server, err := ui.New(ui.Config{
		Store: db, Locations: s.Locations, Actions: s.Engine, Gateway: gateway, Loopback: true, Logger: slog.New(log), Now: s.Clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	for path, want := range map[string]int{"/readyz": 200, home: 200, "/v1/x": 204} {
		if w := get(t, server, path); w.Code != want {
			t.Errorf("before: %s: status %d", path, w.Code)
		}
	}
	close(db.rise)
	<-log.errors
	const words = "The database has schema version 9, which builds below version 9 cannot read; this build knows 1; upgrade rivers. Stop this program and start the newer one"
	for _, path := range []string{"/readyz", "/", home, home + "/runs", "/v1/x", "/nowhere"} {
		w := get(t, server, path)
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), words) {
			t.Errorf("%s: status %d: %.400s", path, w.Code, w.Body)
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/api/events?channels=runs&location=local/aviation": 503} {
		if w := get(t, server, path); w.Code != want {
			t.Errorf("after: %s: status %d", path, w.Code)
		}
	}
	if w := get(t, server, home); w.Header().Get("Rivers-Misfit") == "" || !strings.Contains(w.Body.String(), "data-stopgap") {
		t.Errorf("open pages are not told: %v", w.Header())
	}
}
