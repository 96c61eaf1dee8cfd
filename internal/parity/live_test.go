package parity_test

import (
	"bufio"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

// openShared opens a database on a SurrealDB as one of its users.
func openShared(t *testing.T, db *surrealtest.Database, as surrealtest.Credentials, mode driver.Mode) store.Store {
	t.Helper()
	s, err := driver.Database{Server: driver.Server{
		Endpoint: db.URL, Namespace: db.Namespace, Database: db.Database, User: as.User, Password: as.Password,
	}}.Open(t.Context(), driver.Options{Mode: mode, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestReadsSurrealDBLive: pages that read a SurrealDB as its viewer are told of what
// a pipeline writes there as another user. What that took is in the log of the test.
func TestReadsSurrealDBLive(t *testing.T) {
	db := surrealtest.Shared(t)
	writer := openShared(t, db, db.Editor, driver.ReadWrite).Location(uitest.Identity)
	reader := openShared(t, db, db.Viewer, driver.ReadOnly)
	if _, err := writer.Register(t.Context(), store.Catalogue{Name: "aviation", Image: "local", Hash: "h", Definitions: uitest.Aviation()}); err != nil {
		t.Fatal(err)
	}
	engine := uitest.NewEngine(writer, uitest.NewClock(time.Now()))
	server, err := ui.New(ui.Config{
		Store: reader, Actions: engine, Values: uitest.Values{}, Loopback: true, Logger: slog.New(slog.DiscardHandler),
		Locations: uitest.NewLocations(ui.Location{Namespace: "local", Name: "aviation", ID: uitest.Identity, Phase: ui.PhaseReady}),
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		server.Drain()
		web.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(web.URL + "/api/events?channels=runs&location=local/aviation")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for stream := bufio.NewScanner(answer.Body); stream.Scan(); {
			select {
			case lines <- stream.Text():
			case <-t.Context().Done():
				return
			}
		}
	}()
	write := func() string {
		run, err := uitest.NewRun(t.Context(), writer, event.RunCreated{Steps: 1, Assets: []string{"airports"}}, store.NotStarted)
		if err != nil {
			t.Fatal(err)
		}
		return run.ID
	}
	// What is written before the stream's watch stands is in the page alone: write
	// until it does.
	for again := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case line := <-lines:
			if !strings.HasPrefix(line, "data: ") {
				continue
			}
		case <-again.C:
			write()
			continue
		}
		again.Stop()
		break
	}
	var took []time.Duration
	for range 10 {
		before := time.Now()
		run := write()
		told := false
		for line := range lines {
			if told = strings.HasPrefix(line, "data: ") && strings.Contains(line, run); told {
				break
			}
		}
		if !told {
			t.Fatalf("the stream ended without %s", run)
		}
		took = append(took, time.Since(before).Round(time.Millisecond/10))
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:3000/locations/local/aviation/runs", nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), run) {
			t.Errorf("the page of runs, status %d, does not have run %s", w.Code, run)
		}
	}
	t.Logf("%s: from before a write until its event is read: %v", reader.Describe(), took)
}
