package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/server"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
)

// now is the present of every test: two days after the last partition.
var now = time.Date(2001, 2, 2, 12, 0, 0, 0, time.UTC)

// definitions are a small pipeline: airports and the daily flights make delays,
// and a report over all of them.
func definitions() []asset.Definition {
	daily := &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-31"}
	return []asset.Definition{
		{Name: "airports", Group: "ingest", Tags: []string{"small"}, Config: []asset.ConfigField{
			{Name: "limit", Type: "int", Default: json.RawMessage("10")},
			{Name: "token", Type: "string", Default: json.RawMessage(`"hush"`), Secret: true},
		}},
		{Name: "flights", Group: "ingest", Kinds: []string{"csv"}, Partitions: daily, Site: asset.Site{File: "main.go", Line: 12}},
		{Name: "delays", Group: "marts", Partitions: daily, Inputs: []asset.Input{
			{Asset: "flights", Kind: asset.Data}, {Asset: "airports", Kind: asset.Lineage},
		}},
		{Name: "report", Group: "marts", Inputs: []asset.Input{
			{Asset: "delays", Kind: asset.Data, Mapping: partition.Mapping{Kind: partition.All}},
		}},
	}
}

// rig is a location's server on loopback over a real store.
type rig struct {
	t      testing.TB
	state  store.Location
	graph  *asset.Graph
	server *server.Server
	launch *launcher
	addr   string
	token  string

	conn     *grpc.ClientConn
	location riversv1.LocationServiceClient
	assets   riversv1.AssetServiceClient
	parts    riversv1.PartitionServiceClient
	runs     riversv1.RunServiceClient
}

type option func(*server.Config)

func withToken(token string) option { return func(c *server.Config) { c.Token = token } }

func newRig(t testing.TB, options ...option) *rig {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "rivers.db"), Mode: sqlite.ReadWrite})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	graph, err := asset.Resolve(definitions())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, state: db.Location("loc-1"), graph: graph, launch: &launcher{}}
	if _, err := r.state.Register(t.Context(), store.Catalogue{Name: "aviation", Hash: graph.Hash(), Definitions: definitions()}); err != nil {
		t.Fatal(err)
	}
	cfg := server.Config{
		Namespace: "local", Name: "aviation", State: r.state, Graph: graph, Launcher: r.launch,
		Values: fakeValues{}, Now: func() time.Time { return now },
	}
	for _, o := range options {
		o(&cfg)
	}
	r.token = cfg.Token
	r.serve(cfg)
	r.dial()
	return r
}

func (r *rig) serve(cfg server.Config) {
	r.t.Helper()
	var err error
	if r.server, err = server.New(cfg); err != nil {
		r.t.Fatal(err)
	}
	lis, err := (&net.ListenConfig{}).Listen(r.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.addr = lis.Addr().String()
	served := make(chan error, 1)
	go func() { served <- r.server.Serve(lis) }()
	r.server.SetReady(true)
	r.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.server.Stop(ctx); err != nil {
			r.t.Errorf("stop: %v", err)
		}
		if err := <-served; err != nil {
			r.t.Errorf("serve: %v", err)
		}
	})
}

func (r *rig) dial() {
	r.t.Helper()
	conn, err := grpc.NewClient(r.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	r.conn = conn
	r.location, r.assets = riversv1.NewLocationServiceClient(conn), riversv1.NewAssetServiceClient(conn)
	r.parts, r.runs = riversv1.NewPartitionServiceClient(conn), riversv1.NewRunServiceClient(conn)
}

// ctx is the context of a call, with the token when there is one.
func (r *rig) ctx(pairs ...string) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	r.t.Cleanup(cancel)
	if r.token != "" {
		pairs = append(pairs, "authorization", "Bearer "+r.token)
	}
	return metadata.AppendToOutgoingContext(ctx, pairs...)
}

// base is the REST path of the location.
const base = "/v1/namespaces/local/codeLocations/aviation"

// reply is an HTTP answer.
type reply struct {
	code   int
	header http.Header
	body   string
}

// get reads a field of the JSON body.
func (r reply) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("body %q: %v", r.body, err)
	}
	return v
}

// reason is the ErrorInfo reason of an error.
func (r reply) reason(t testing.TB) string {
	t.Helper()
	details, _ := r.json(t)["details"].([]any)
	for _, d := range details {
		if m := d.(map[string]any); strings.HasSuffix(m["@type"].(string), "ErrorInfo") {
			return m["reason"].(string)
		}
	}
	return ""
}

// call makes a REST call with a JSON body; header changes what is sent.
func (r *rig) call(method, path, body string, header func(*http.Request)) reply {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.addr+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if header != nil {
		header(req)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return reply{code: resp.StatusCode, header: resp.Header, body: string(raw)}
}

// launcher remembers what it was given.
type launcher struct {
	mu       sync.Mutex
	launched []string
	canceled []string
	err      error
}

func (l *launcher) Launch(_ context.Context, run store.Run) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.launched = append(l.launched, run.ID)
	return l.err
}

func (l *launcher) Canceled(run string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.canceled = append(l.canceled, run)
}

// execution carries out a run by hand.
type execution struct {
	r       *rig
	run     string
	epoch   uint64
	counter uint64
}

func (r *rig) take(run string) *execution {
	r.t.Helper()
	claim, err := r.state.TakeOver(r.ctx(), run, store.TakeOver{Executor: "executor-1", Lease: time.Minute})
	if err != nil {
		r.t.Fatal(err)
	}
	return &execution{r: r, run: run, epoch: claim.Epoch}
}

func (x *execution) append(events ...event.Event) {
	x.r.t.Helper()
	x.counter++
	_, err := x.r.state.Append(x.r.ctx(), x.run, store.Append{
		Writer: "executor-1-" + x.run, Counter: x.counter, Parts: []store.Part{{Epoch: x.epoch, Events: events}},
	})
	if err != nil {
		x.r.t.Fatal(err)
	}
}

func attempt(name, key string) event.Attempt {
	return event.Attempt{Step: event.Step{Name: name, Key: partition.Key(key)}, Number: 1}
}

func (x *execution) succeed(name, key string) {
	a := attempt(name, key)
	x.append(event.Event{Attempt: a, Payload: &event.StepLaunched{Token: "t-" + x.run + a.String(), Worker: event.InProcess}})
	x.append(
		event.Event{Attempt: a, Payload: &event.Materialization{
			Value: &event.ValueRef{Handler: "blob", Path: name + "/" + key + "/v.json", Format: "json"}, DataVersion: "v1",
			Metadata: event.Metadata{"rows": json.RawMessage(`{"int":9007199254740993}`)},
		}},
		event.Event{Attempt: a, Payload: &event.StepSucceeded{Duration: time.Second}},
	)
}

func (x *execution) fail(name, key string) {
	a := attempt(name, key)
	x.append(event.Event{Attempt: a, Payload: &event.StepLaunched{Token: "t-" + x.run + a.String(), Worker: event.InProcess}})
	x.append(event.Event{Attempt: a, Payload: &event.StepFailed{Reason: event.ReasonError, Error: "boom", Final: true}})
}

func (x *execution) finish(outcome event.Outcome, cause string) {
	x.append(event.Event{Payload: &event.RunFinished{Outcome: outcome, Cause: cause}})
}

// fakeValues holds a table of three rows at every path but "gone".
type fakeValues struct{}

const stored = `[{"n":1},{"n":2},{"n":3}]`

func rows(n int) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for i := range n {
			if !yield(json.RawMessage([]byte{'{', '"', 'n', '"', ':', byte('1' + i), '}'}), nil) {
				return
			}
		}
	}
}

func (fakeValues) Preview(_ context.Context, _ event.ValueRef, limit int) (server.Table, error) {
	return server.Table{Columns: []server.Column{{Name: "n", Type: "int64"}}, Rows: rows(min(limit, 3)), Total: 3, Truncated: limit < 3}, nil
}

func (fakeValues) Rows(_ context.Context, ref event.ValueRef) (server.Table, error) {
	if strings.HasPrefix(ref.Path, "report") {
		return server.Table{}, errors.Join(errors.New("no such object"), store.ErrNotFound)
	}
	return server.Table{Columns: []server.Column{{Name: "n", Type: "int64"}}, Rows: rows(3), Total: 3}, nil
}

func (fakeValues) Open(context.Context, event.ValueRef) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader([]byte(stored))), nil
}

// withState puts something before the location's state.
func withState(wrap func(store.Location) store.Location) option {
	return func(c *server.Config) { c.State = wrap(c.State) }
}
