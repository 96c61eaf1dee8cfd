package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rivers.io/gateway"
	"rivers.io/operator/registry"
	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/server"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
)

const token = "location token"

func definitions() []asset.Definition {
	return []asset.Definition{
		{Name: "airports"},
		{Name: "flights", Partitions: &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-31"}, Inputs: []asset.Input{
			{Asset: "airports", Kind: asset.Lineage},
		}},
	}
}

// world is a gateway before two locations: "up" is served, "down" is known from
// the registry and the store alone.
type world struct {
	t       *testing.T
	path    string
	writer  store.Store
	feed    *registry.Feed
	server  *server.Server
	gateway *gateway.Gateway
	http    *httptest.Server
	user    *riversv1.UserRef
	mu      sync.Mutex
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), "rivers.db"), feed: registry.NewFeed()}
	w.writer = w.open(sqlite.ReadWrite)
	for _, id := range []string{"id-up", "id-down"} {
		_, err := w.writer.Location(id).Register(t.Context(), store.Catalogue{Name: id[3:], Hash: "h", Definitions: definitions()})
		if err != nil {
			t.Fatal(err)
		}
	}
	addr := w.serve("127.0.0.1:0")
	w.feed.Put(&riversv1.CodeLocation{Namespace: "ns", Name: "up", Identity: "id-up", Endpoint: addr, Phase: "Ready"})
	w.feed.Put(&riversv1.CodeLocation{Namespace: "ns", Name: "down", Identity: "id-down", Phase: "Deploying", Message: "image is being pulled"})
	w.feed.Put(&riversv1.CodeLocation{Namespace: "ns", Name: "dead", Identity: "id-down", Endpoint: closedPort(t), Phase: "Ready"})
	w.feed.Put(&riversv1.CodeLocation{Namespace: "ns", Name: "fresh", Identity: "id-fresh", Phase: "Pending"})
	w.feed.MarkSynced()
	var err error
	w.gateway, err = gateway.New(gateway.Config{
		Registry: w.feed, Service: registry.NewService(w.feed), Store: w.open(sqlite.ReadOnly),
		Token: func(*riversv1.CodeLocation) string { return token },
		User: func(*http.Request) *riversv1.UserRef {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.user
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.http = httptest.NewServer(w.gateway.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		if err := w.gateway.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		w.http.Close()
	})
	return w
}

func (w *world) open(mode sqlite.Mode) store.Store {
	w.t.Helper()
	db, err := sqlite.Open(w.t.Context(), sqlite.Config{Path: w.path, Mode: mode})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = db.Close() })
	return db
}

// serve starts the location "up".
func (w *world) serve(addr string) string {
	w.t.Helper()
	graph, err := asset.Resolve(definitions())
	if err != nil {
		w.t.Fatal(err)
	}
	w.server, err = server.New(server.Config{
		Namespace: "ns", Name: "up", State: w.writer.Location("id-up"), Graph: graph, Launcher: noLauncher{}, Values: values{}, Token: token,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	lis, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	served := make(chan error, 1)
	s := w.server
	go func() { served <- s.Serve(lis) }()
	s.SetReady(true)
	w.t.Cleanup(func() {
		w.stop(s)
		if err := <-served; err != nil {
			w.t.Errorf("serve: %v", err)
		}
	})
	return lis.Addr().String()
}

func (w *world) stop(s *server.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		w.t.Errorf("stop: %v", err)
	}
}

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	return lis.Addr().String()
}

type noLauncher struct{}

func (noLauncher) Launch(context.Context, store.Run) error { return nil }
func (noLauncher) Canceled(string)                         {}

type values struct{}

func (values) table() server.Table {
	return server.Table{Total: 1, Rows: iter.Seq2[json.RawMessage, error](func(yield func(json.RawMessage, error) bool) { yield([]byte(`{"a":1}`), nil) })}
}
func (v values) Preview(context.Context, event.ValueRef, int) (server.Table, error) {
	return v.table(), nil
}
func (v values) Rows(context.Context, event.ValueRef) (server.Table, error) { return v.table(), nil }
func (values) Open(context.Context, event.ValueRef) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(nil)), nil
}

// call makes a request and returns code, body and the reason of an error.
func (w *world) call(method, path, body string, headers ...string) (int, map[string]any, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.http.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.http.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		w.t.Fatalf("%s %s: %q: %v", method, path, raw, err)
	}
	reason := ""
	if details, ok := v["details"].([]any); ok && len(details) > 0 {
		reason, _ = details[0].(map[string]any)["reason"].(string)
	}
	return resp.StatusCode, v, reason
}

const prefix = "/v1/namespaces/ns/codeLocations"

func TestListOfLocations(t *testing.T) {
	w := newWorld(t)
	code, got, _ := w.call("GET", prefix, "")
	if list := got["codeLocations"].([]any); code != 200 || len(list) != 4 {
		t.Errorf("%d with %d locations", code, len(list))
	}
}

// TestEndToEnd starts, reads, watches and reads the value of a run through the
// gateway.
func TestEndToEnd(t *testing.T) {
	w := newWorld(t)
	w.user = &riversv1.UserRef{Subject: "u1", Name: "U"}
	body := `{"selection":"airports","requestId":"0190b5a8-5f3a-7c44-9c0e-d6a8a1a0f001"}`
	code, first, _ := w.call("POST", prefix+"/up/runs:materialize", body)
	if code != 200 {
		t.Fatalf("%d %v", code, first)
	}
	run := first["run"].(map[string]any)
	id := run["id"].(string)
	if user := run["launcher"].(map[string]any)["user"].(map[string]any); user["subject"] != "u1" {
		t.Errorf("launched by %v", user)
	}
	if _, second, _ := w.call("POST", prefix+"/up/runs:materialize", body); second["run"].(map[string]any)["id"] != id {
		t.Errorf("the repeat made another run: %v", second)
	}
	lines := w.watch(prefix + "/up/runs/" + id + "/events:watch")
	if got := lines(); !strings.Contains(got, "RunCreated") {
		t.Errorf("first line %q", got)
	}
	w.finish(id)
	var all strings.Builder
	for line := lines(); line != ""; line = lines() {
		all.WriteString(line)
	}
	if !strings.Contains(all.String(), "RunFinished") || strings.Contains(all.String(), `"error"`) {
		t.Errorf("the watch ended with %s", all.String())
	}
	if code, got, _ := w.call("GET", prefix+"/up/runs/"+id, ""); code != 200 || got["run"].(map[string]any)["status"] != "RUN_STATUS_SUCCEEDED" {
		t.Errorf("run = %d %v", code, got)
	}
	if code, got, _ := w.call("GET", prefix+"/up/assets/airports:preview", ""); code != 200 || len(got["rows"].([]any)) != 1 {
		t.Errorf("preview = %d %v", code, got)
	}
	if got := w.watch(prefix + "/up/assets/airports:read")(); !strings.Contains(got, `"header"`) {
		t.Errorf("read = %q", got)
	}
	if code, _, _ := w.call("DELETE", prefix+"/up/runs/"+id, ""); code != 200 {
		t.Errorf("delete = %d", code)
	}
	if code, _, reason := w.call("GET", prefix+"/up/runs/"+id, ""); code != 404 || reason != "RUN_NOT_FOUND" {
		t.Errorf("after the delete: %d %s", code, reason)
	}
}

// watch opens a stream and returns a function that reads its next line; empty at
// the end.
func (w *world) watch(path string) func() string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.http.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := w.http.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	return func() string {
		if !lines.Scan() {
			return ""
		}
		return lines.Text()
	}
}

// finish carries out a run of airports by hand.
func (w *world) finish(id string) {
	w.t.Helper()
	state := w.writer.Location("id-up")
	claim, err := state.TakeOver(w.t.Context(), id, store.TakeOver{Executor: "x", Lease: time.Minute})
	if err != nil {
		w.t.Fatal(err)
	}
	a := event.Attempt{Step: event.Step{Name: "airports"}, Number: 1}
	_, err = state.Append(w.t.Context(), id, store.Append{Writer: "x", Counter: 1, Parts: []store.Part{{Epoch: claim.Epoch, Events: []event.Event{
		{Attempt: a, Payload: &event.StepLaunched{Token: "t", Worker: event.InProcess}},
		{Attempt: a, Payload: &event.Materialization{Value: &event.ValueRef{Handler: "blob", Path: "p"}, DataVersion: "v"}},
		{Attempt: a, Payload: &event.StepSucceeded{}},
		{Payload: &event.RunFinished{Outcome: event.Succeeded}},
	}}}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestDownLocation reads everything that the store knows and refuses the rest
// with the reason.
func TestDownLocation(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"down", "dead"} {
		base := prefix + "/" + name
		for path, want := range map[string]string{
			"/assets": "assets", "/assets/flights": "asset", "/graph": "nodes", "/runs": "runs", "/runs:count": "counts",
			"/assets/flights/partitions?withStates=true": "partitions", "/assets/flights/partitions:summary": "missing",
			"/assets/flights/partitions:map": "cells", "/assets/flights/events": "events",
		} {
			code, got, _ := w.call("GET", base+path, "")
			if _, ok := got[want]; code != 200 || !ok {
				t.Errorf("%s%s = %d %v", name, path, code, got)
			}
		}
		code, got, _ := w.call("GET", base, "")
		if loc, _ := got["location"].(map[string]any); code != 200 || loc["state"] != "STATE_UNREACHABLE" || loc["assetCount"] != 2.0 {
			t.Errorf("%s = %d %v", name, code, got)
		}
	}
	for path, want := range map[string]string{"/down": "LOCATION_DOWN", "/dead": "LOCATION_UNREACHABLE"} {
		for range 2 { // the second time the connection is known to be broken
			code, got, reason := w.call("POST", prefix+path+"/runs:materialize", `{"selection":"airports"}`)
			if code != 503 || reason != want {
				t.Errorf("materialize at %s = %d %s %v", path, code, reason, got)
			}
		}
		if code, _, reason := w.call("GET", prefix+path+":ping", ""); code != 503 || reason != want {
			t.Errorf("ping at %s = %d %s", path, code, reason)
		}
	}
	if _, got, _ := w.call("POST", prefix+"/down/runs:materialize", `{}`); !strings.Contains(got["message"].(string), "image is being pulled") {
		t.Errorf("the cause is not told: %v", got)
	}
	if code, _, reason := w.call("GET", prefix+"/fresh/assets", ""); code != 503 || reason != "NOT_REGISTERED" {
		t.Errorf("a location that never registered = %d %s", code, reason)
	}
	for _, path := range []string{"/none/assets", "/none/runs", "/none", "/none:ping"} {
		if code, _, reason := w.call("GET", prefix+path, ""); code != 404 || reason != "CODE_LOCATION_NOT_FOUND" {
			t.Errorf("%s = %d %s", path, code, reason)
		}
	}
}

// TestLocationComesBack forwards again at once when a location returns to its
// endpoint.
func TestLocationComesBack(t *testing.T) {
	w := newWorld(t)
	entry, _ := w.feed.Lookup("ns", "up")
	if code, _, _ := w.call("GET", prefix+"/up:ping", ""); code != 200 {
		t.Fatalf("ping = %d", code)
	}
	w.stop(w.server)
	if code, _, reason := w.call("GET", prefix+"/up:ping", ""); code != 503 || reason != "LOCATION_UNREACHABLE" {
		t.Errorf("while it is away: %d %s", code, reason)
	}
	w.serve(entry.Endpoint)
	code := 0
	for range 20 { // each call waits for the connection
		if code, _, _ = w.call("GET", prefix+"/up:ping", ""); code == 200 {
			break
		}
	}
	if code != 200 {
		t.Errorf("after it came back: %d", code)
	}
}

// TestErrorsAndLimitsOfTheLocation come through as they are.
func TestErrorsAndLimitsOfTheLocation(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		code                     int
		reason                   string
	}{
		{"a location's refusal", "POST", "/up/runs:materialize", `{"selection":"nope"}`, nil, 400, "INVALID_SELECTION"},
		{"an unknown run", "POST", "/up/runs/0190b5a8-5f3a-7c44-9c0e-d6a8a1a0f001:cancel", `{}`, nil, 404, "RUN_NOT_FOUND"},
		{"a broken rule, before it is forwarded", "POST", "/down/runs:materialize", `{"requestId":"x"}`, nil, 400, "INVALID_FIELD"},
		{"another origin", "POST", "/up/runs:materialize", `{}`, []string{"Origin", "http://evil.example"}, 403, "CROSS_ORIGIN"},
		{"no JSON", "POST", "/up/runs:materialize", `selection=airports`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "CONTENT_TYPE"},
		{"an oversized body", "POST", "/up/runs:materialize", `{"selection":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, "BODY_TOO_LARGE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if code, got, reason := w.call(tt.method, prefix+tt.path, tt.body, tt.headers...); code != tt.code || reason != tt.reason {
				t.Errorf("%d %s %v, want %d %s", code, reason, got, tt.code, tt.reason)
			}
		})
	}
}

// TestRequestsCannotVouchForThemselves sends what only the gateway may say.
func TestRequestsCannotVouchForThemselves(t *testing.T) {
	w := newWorld(t)
	code, got, _ := w.call("POST", prefix+"/up/runs:materialize", `{"selection":"airports"}`,
		"Rivers-User-Bin", "CgJ1MQ==", "Authorization", "Bearer somebody's API token", "Grpc-Metadata-Rivers-User-Bin", "CgJ1MQ==")
	if code != 200 {
		t.Fatalf("%d %v", code, got)
	}
	if user := got["run"].(map[string]any)["launcher"].(map[string]any)["user"]; user != nil {
		t.Errorf("the request named its own user: %v", user)
	}
}

// TestCatalogueChanges are seen without a restart.
func TestCatalogueChanges(t *testing.T) {
	w := newWorld(t)
	count := func() int {
		t.Helper()
		code, got, _ := w.call("GET", prefix+"/up/assets", "")
		if code != 200 {
			t.Fatalf("%d %v", code, got)
		}
		return len(got["assets"].([]any))
	}
	if n := count(); n != 2 {
		t.Fatalf("%d assets", n)
	}
	more := append(definitions(), asset.Definition{Name: "more"})
	if _, err := w.writer.Location("id-up").Register(t.Context(), store.Catalogue{Name: "up", Hash: "h2", Definitions: more}); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 3 {
		t.Errorf("%d assets after the catalogue changed", n)
	}
}

func TestDrainEndsWatches(t *testing.T) {
	w := newWorld(t)
	_, got, _ := w.call("POST", prefix+"/up/runs:materialize", `{"selection":"airports"}`)
	lines := w.watch(prefix + "/up/runs/" + got["run"].(map[string]any)["id"].(string) + ":watch")
	if first := lines(); !strings.Contains(first, "NOT_STARTED") {
		t.Fatalf("first line %q", first)
	}
	w.gateway.Drain()
	if last := lines(); !strings.Contains(last, "DRAINING") {
		t.Errorf("last line %q", last)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	_, err := gateway.New(gateway.Config{})
	for _, want := range []string{"Registry", "Service", "Store"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}
