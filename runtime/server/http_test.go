package server_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/store"
)

func set(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == "Host" {
				r.Host = pairs[i+1]
			} else {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
}

// TestGuard sends what web pages of others and broken clients send.
func TestGuard(t *testing.T) {
	r := newRig(t)
	const path, body = base + "/runs:materialize", `{"selection":"airports"}`
	port := r.addr[strings.LastIndex(r.addr, ":"):]
	tests := []struct {
		name   string
		method string
		path   string
		body   string
		header func(*http.Request)
		code   int
		reason string
	}{
		{"a program", "POST", path, body, nil, 200, ""},
		{"a page of this server", "POST", path, body, set("Origin", "http://"+r.addr, "Sec-Fetch-Site", "same-origin"), 200, ""},
		{"by the name localhost", "POST", path, body, set("Host", "localhost"+port), 200, ""},
		{"a page of another site", "POST", path, body, set("Origin", "http://evil.example"), 403, "CROSS_ORIGIN"},
		{"a sandboxed page", "POST", path, body, set("Origin", "null"), 403, "CROSS_ORIGIN"},
		{"a page of another port", "POST", path, body, set("Origin", "http://127.0.0.1:1"), 403, "CROSS_ORIGIN"},
		{"an extension's page", "POST", path, body, set("Origin", "moz-extension://127.0.0.1"+port), 403, "CROSS_ORIGIN"},
		{"a browser that says cross-site without Origin", "POST", path, body, set("Sec-Fetch-Site", "cross-site"), 403, "CROSS_ORIGIN"},
		{"a rebound name", "POST", path, body, set("Host", "evil.example"+port), 403, "HOST_NOT_ALLOWED"},
		{"a rebound name of the same origin", "POST", path, body, set("Host", "evil.example"+port, "Origin", "http://evil.example"+port), 403, "HOST_NOT_ALLOWED"},
		{"a rebound name that reads", "GET", base + "/assets", "", set("Host", "evil.example"), 403, "HOST_NOT_ALLOWED"},
		{"a name that begins like loopback", "POST", path, body, set("Host", "127.0.0.1.evil.example"), 403, "HOST_NOT_ALLOWED"},
		{"a form", "POST", path, body, set("Content-Type", "application/x-www-form-urlencoded"), 415, "CONTENT_TYPE"},
		{"text, which needs no preflight", "POST", path, body, set("Content-Type", "text/plain"), 415, "CONTENT_TYPE"},
		{"no content type", "POST", path, body, set("Content-Type", ""), 415, "CONTENT_TYPE"},
		{"a content type with a charset", "POST", path, body, set("Content-Type", "application/json; charset=utf-8"), 200, ""},
		{"a delete without content type", "DELETE", base + "/runs/" + absent, "", set("Content-Type", ""), 415, "CONTENT_TYPE"},
		{"a method override", "POST", base + "/assets", "", set("X-HTTP-Method-Override", "GET"), 405, "METHOD_NOT_ALLOWED"},
		{"an oversized body", "POST", path, `{"selection":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, "BODY_TOO_LARGE"},
		{"a list", "POST", path, `[1]`, nil, 400, "INVALID_JSON"},
		{"half an object", "POST", path, `{"selection":`, nil, 400, "INVALID_JSON"},
		{"two objects", "POST", path, `{"selection":"airports"}{"selection":"nope"}`, nil, 400, "INVALID_JSON"},
		{"nesting without end", "POST", path, `{"config":` + strings.Repeat(`{"a":`, 200000) + `1` + strings.Repeat(`}`, 200000) + `}`, nil, 413, "BODY_TOO_LARGE"},
		{"deep nesting", "POST", path, `{"config":` + strings.Repeat(`{"a":`, 20000) + `1` + strings.Repeat(`}`, 20000) + `}`, nil, 400, "INVALID_JSON"},
		{"an unknown field", "POST", path, `{"selektion":"airports"}`, nil, 400, "UNKNOWN_FIELD"},
		{"a wrong type", "POST", path, `{"selection":7}`, nil, 400, "INVALID_FIELD"},
		{"a field that breaks a rule", "POST", path, `{"selection":"airports","requestId":"x"}`, nil, 400, "INVALID_FIELD"},
		{"an unknown query parameter", "GET", base + "/runs?colour=red", "", nil, 400, "UNKNOWN_FIELD"},
		{"an unknown path", "GET", "/v1/nothing", "", nil, 404, "NO_SUCH_PATH"},
		{"an unknown verb", "POST", base + "/runs:explode", "{}", nil, 404, "NO_SUCH_PATH"},
		{"a path that climbs", "GET", base + "/assets/..%2f..%2fetc", "", nil, 404, "ASSET_NOT_FOUND"},
		{"an unknown asset", "GET", base + "/assets/nope", "", nil, 404, "ASSET_NOT_FOUND"},
		{"another location", "GET", "/v1/namespaces/local/codeLocations/other/runs", "", nil, 404, "CODE_LOCATION_NOT_FOUND"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := r.call(tt.method, tt.path, tt.body, tt.header)
			if got.code != tt.code {
				t.Fatalf("%d %s, want %d", got.code, got.body, tt.code)
			}
			if tt.code != 200 && got.reason(t) != tt.reason {
				t.Errorf("reason %q, want %q: %s", got.reason(t), tt.reason, got.body)
			}
			for header, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Content-Type": "application/json",
			} {
				if got.header.Get(header) != want {
					t.Errorf("%s: %q, want %q", header, got.header.Get(header), want)
				}
			}
		})
	}
}

// TestUnreadableRequests names field, wanted type and given value of what cannot be
// read, in words that are no library's.
func TestUnreadableRequests(t *testing.T) {
	r := newRig(t)
	launch := base + "/runs:materialize"
	for _, tt := range []struct {
		name, method, path, body string
		reason, field, text      string
	}{
		{"an unknown field", "POST", launch, `{"foo":1}`, "UNKNOWN_FIELD", "foo", `the request has no field "foo"`},
		{"a number for text", "POST", launch, `{"selection":5}`, "INVALID_FIELD", "selection", `field "selection" takes a string, not 5`},
		{"text for a truth", "POST", launch, `{"validateOnly":"yes"}`, "INVALID_FIELD", "validateOnly", `field "validateOnly" takes true or false, not "yes"`},
		{"a nested field", "POST", launch, `{"retry":{"maxRetries":"often"}}`, "INVALID_FIELD", "maxRetries", `field "maxRetries" takes an integer, not "often"`},
		{"a list for an object", "POST", launch, `{"retry":[]}`, "INVALID_JSON", "", `the body does not fit the request: unexpected token [`},
		{"text for a number", "GET", base + "/runs?page_size=abc", "", "INVALID_FIELD", "page_size", `query parameter "page_size" takes an integer, not "abc"`},
		{"the other name of the field", "GET", base + "/runs?pageSize=1.5", "", "INVALID_FIELD", "pageSize", `query parameter "pageSize" takes an integer, not "1.5"`},
		{"no such name", "GET", base + "/assets?view=TINY", "", "INVALID_FIELD", "view", `one of ASSET_VIEW_UNSPECIFIED, ASSET_VIEW_BASIC, ASSET_VIEW_FULL, not "TINY"`},
		{"an unknown parameter", "GET", base + "/runs?colour=red", "", "UNKNOWN_FIELD", "colour", `unknown query parameter "colour"; known are`},
	} {
		got := r.call(tt.method, tt.path, tt.body, nil)
		if got.code != 400 || got.reason(t) != tt.reason {
			t.Errorf("%s: %d %s", tt.name, got.code, got.body)
			continue
		}
		var answer struct {
			Message string
			Details []struct {
				FieldViolations []struct{ Field string }
			}
		}
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
			t.Fatal(err)
		}
		field := ""
		for _, d := range answer.Details {
			for _, v := range d.FieldViolations {
				field += v.Field
			}
		}
		if field != tt.field || !strings.Contains(answer.Message, tt.text) {
			t.Errorf("%s: field %q, text %q; want %q, %q", tt.name, field, answer.Message, tt.field, tt.text)
		}
		for _, jargon := range []string{"proto:", "strconv", "(line "} {
			if strings.Contains(answer.Message, jargon) {
				t.Errorf("%s: %q holds %q", tt.name, answer.Message, jargon)
			}
		}
	}
}

func TestFieldsAreNamed(t *testing.T) {
	r := newRig(t)
	got := r.call("GET", base+"/runs?pageSize=5000", "", nil)
	if got.code != 400 || !strings.Contains(got.body, `"field":"page_size"`) {
		t.Errorf("%d %s", got.code, got.body)
	}
}

func TestToken(t *testing.T) {
	r := newRig(t, withToken("s3cret"))
	for _, path := range []string{base + "/assets", base + ":ping", "/metrics"} {
		if got := r.call("GET", path, "", nil); got.code != 200 {
			t.Errorf("%s with the token: %d %s", path, got.code, got.body)
		}
		for name, header := range map[string]func(*http.Request){
			"without": func(q *http.Request) { q.Header.Del("Authorization") },
			"wrong":   set("Authorization", "Bearer nope"),
		} {
			got := r.call("GET", path, "", header)
			if got.code != 401 || strings.Contains(got.body, "s3cret") {
				t.Errorf("%s %s the token: %d %s", path, name, got.code, got.body)
			}
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/v1/openapi.json"} {
		if got := r.call("GET", path, "", func(q *http.Request) { q.Header.Del("Authorization") }); got.code != 200 {
			t.Errorf("%s needs a token: %d", path, got.code)
		}
	}
	if _, err := r.location.Ping(t.Context(), &riversv1.PingRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("gRPC without the token: %v", err)
	}
	if got, err := healthpb.NewHealthClient(r.conn).Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil || got.Status != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health without the token: %v, %v", got, err)
	}
	stream, err := reflectpb.NewServerReflectionClient(r.conn).ServerReflectionInfo(t.Context())
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Unauthenticated {
		t.Errorf("reflection without the token: %v", err)
	}
}

// TestUserComesFromTheTrustedChannelOnly is S-28.
func TestUserComesFromTheTrustedChannelOnly(t *testing.T) {
	user, err := proto.Marshal(&riversv1.UserRef{Subject: "u1", Email: "u@example.org", Name: "U"})
	if err != nil {
		t.Fatal(err)
	}
	recorded := func(r *rig, run string) string {
		t.Helper()
		got, err := r.state.Run(r.ctx(), run)
		if err != nil {
			t.Fatal(err)
		}
		if got.Created.Launcher.User == nil {
			return ""
		}
		return got.Created.Launcher.User.Subject
	}
	for _, tt := range []struct{ name, token, want string }{
		{"with the token", "s3cret", "u1"}, {"on an open door", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, withToken(tt.token))
			got, err := r.runs.Materialize(r.ctx("rivers-user-bin", string(user)), &riversv1.MaterializeRequest{Selection: "airports"})
			if err != nil {
				t.Fatal(err)
			}
			if got := recorded(r, got.Run.Id); got != tt.want {
				t.Errorf("gRPC: launched by %q, want %q", got, tt.want)
			}
			rest := r.call("POST", base+"/runs:materialize", `{"selection":"airports"}`,
				set("Rivers-User-Bin", base64.StdEncoding.EncodeToString(user)))
			if rest.code != 200 {
				t.Fatalf("%d %s", rest.code, rest.body)
			}
			if got := recorded(r, rest.json(t)["run"].(map[string]any)["id"].(string)); got != tt.want {
				t.Errorf("REST: launched by %q, want %q", got, tt.want)
			}
		})
	}
	r := newRig(t, withToken("s3cret"))
	_, err = r.runs.Materialize(r.ctx("rivers-user-bin", "\xff\xff"), &riversv1.MaterializeRequest{Selection: "airports"})
	if fault.Reason(err) != "INVALID_USER" {
		t.Errorf("a broken user: %v", err)
	}
}

// TestRESTStreamEndsOnDrain reads a watch line by line until the server drains.
func TestRESTStreamEndsOnDrain(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.addr+base+"/runs/"+id+"/events:watch", nil)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || !strings.Contains(lines.Text(), `{"result":{"events":[{"stream":"`+id) {
		t.Fatalf("first line %q", lines.Text())
	}
	x := r.take(id) // events that come later are sent when they come
	if !lines.Scan() || !strings.Contains(lines.Text(), "RunStarted") {
		t.Fatalf("second line %q", lines.Text())
	}
	r.server.Drain()
	if !lines.Scan() || !strings.Contains(lines.Text(), `"error"`) || !strings.Contains(lines.Text(), "DRAINING") {
		t.Fatalf("last line %q", lines.Text())
	}
	if lines.Scan() {
		t.Errorf("a line after the error: %q", lines.Text())
	}
	x.succeed("airports", "") // a drain takes nothing away from what runs
}

func TestDrain(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	stream, err := r.runs.WatchRun(r.ctx(), &riversv1.WatchRunRequest{Run: id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if got := r.call("GET", "/readyz", "", nil); got.code != 200 {
		t.Errorf("ready = %d", got.code)
	}
	r.server.Drain()
	r.server.SetReady(true) // a drain is not undone
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable || fault.Reason(err) != "DRAINING" {
		t.Errorf("stream ended with %v", err)
	}
	health, err := healthpb.NewHealthClient(r.conn).Check(r.ctx(), &healthpb.HealthCheckRequest{Service: "rivers.v1.RunService"})
	if err != nil || health.Status != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health = %v, %v", health, err)
	}
	if got := r.call("GET", "/readyz", "", nil); got.code != 503 || got.body != "draining\n" {
		t.Errorf("ready = %d %q", got.code, got.body)
	}
	if got := r.call("GET", "/healthz", "", nil); got.code != 200 {
		t.Errorf("alive = %d", got.code)
	}
	_, err = r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{Selection: "airports"})
	if status.Code(err) != codes.Unavailable || fault.Reason(err) != "DRAINING" {
		t.Errorf("a new run: %v", err)
	}
	if got, err := r.runs.CancelRun(r.ctx(), &riversv1.CancelRunRequest{Run: id}); err != nil || !got.Success {
		t.Errorf("a cancel: %v, %v", got, err)
	}
	loc, err := r.location.GetLocation(r.ctx(), &riversv1.GetLocationRequest{})
	if err != nil || loc.Location.State != riversv1.Location_STATE_DRAINING {
		t.Errorf("location = %v, %v", loc, err)
	}
}

func TestNotReadyUntilTold(t *testing.T) {
	r := newRig(t)
	r.server.SetReady(false)
	if got := r.call("GET", "/readyz", "", nil); got.code != 503 {
		t.Errorf("ready = %d", got.code)
	}
	health, err := healthpb.NewHealthClient(r.conn).Check(r.ctx(), &healthpb.HealthCheckRequest{})
	if err != nil || health.Status != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health = %v, %v", health, err)
	}
}

// TestStopCutsWhatDoesNotEnd stops a server while a call hangs in the store.
func TestStopCutsWhatDoesNotEnd(t *testing.T) {
	entered := make(chan struct{})
	r := newRig(t, withState(func(l store.Location) store.Location { return &stuck{Location: l, entered: entered} }))
	answered := make(chan error, 1)
	go func() {
		_, err := r.runs.CountRuns(r.ctx(), &riversv1.CountRunsRequest{})
		answered <- err
	}()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.server.Stop(ctx); err == nil {
		t.Error("Stop says that nothing was cut")
	}
	if err := <-answered; err == nil {
		t.Error("the cut call succeeded")
	}
}

// stuck is a store that answers a count only when it is told to give up.
type stuck struct {
	store.Location
	entered chan struct{}
}

func (s *stuck) CountRuns(ctx context.Context) (map[store.Status]int64, error) {
	close(s.entered)
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestConnectionsThatSayNothing must not keep the server from stopping, and an
// HTTP/1 request that begins like the HTTP/2 preface must be served.
func TestConnectionsThatSayNothing(t *testing.T) {
	r := newRig(t)
	for _, opening := range []string{"", "P", "PRI * HTTP/2.0\r\n"} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, opening); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, piece := range []string{"P", "R", "OPFIND / HTTP/1.1\r\nHost: localhost\r\n", "Connection: close\r\n\r\n"} {
		if _, err := io.WriteString(conn, piece); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestOpenAPIAndReflection(t *testing.T) {
	r := newRig(t)
	got := r.call("GET", "/v1/openapi.json", "", nil)
	paths, _ := got.json(t)["paths"].(map[string]any)
	if got.code != 200 || len(paths) < 20 {
		t.Errorf("openapi = %d with %d paths", got.code, len(paths))
	}
	stream, err := reflectpb.NewServerReflectionClient(r.conn).ServerReflectionInfo(r.ctx())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&reflectpb.ServerReflectionRequest{MessageRequest: &reflectpb.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	list, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range list.GetListServicesResponse().Service {
		names = append(names, s.Name)
	}
	for _, want := range []string{"rivers.v1.LocationService", "rivers.v1.AssetService", "rivers.v1.PartitionService", "rivers.v1.RunService", "grpc.health.v1.Health"} {
		if !slices.Contains(names, want) {
			t.Errorf("reflection lists %v, not %s", names, want)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.location.Ping(r.ctx(), &riversv1.PingRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := r.call("GET", "/metrics", "", nil); !strings.Contains(got.body, `rivers_grpc_calls_total{code="OK",method="Ping",service="rivers.v1.LocationService"} 1`) {
		t.Errorf("metrics lack the call:\n%s", got.body)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	_, err := server.New(server.Config{})
	for _, want := range []string{"Namespace", "Name", "State", "Graph", "Launcher"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}

// TestPanicIsAnswered shows that a panic of one call is answered without a word
// of it and that the server lives on.
func TestPanicIsAnswered(t *testing.T) {
	r := newRig(t, withState(func(l store.Location) store.Location { return explosive{l} }))
	_, err := r.runs.CountRuns(r.ctx(), &riversv1.CountRunsRequest{})
	if status.Code(err) != codes.Internal || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("err = %v", err)
	}
	if _, err := r.location.Ping(r.ctx(), &riversv1.PingRequest{}); err != nil {
		t.Errorf("after the panic: %v", err)
	}
}

type explosive struct{ store.Location }

func (explosive) CountRuns(context.Context) (map[store.Status]int64, error) { panic("hunter2") }

// FuzzRESTBody sends any body to a call that starts a run: nothing but a valid
// request may be recorded, and every answer is JSON with a code that fits.
func FuzzRESTBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"selection":"airports"}`, `{"selection":"+report","partitions":"all"}`, `{"config":{"airports":{"limit":1e999}}}`,
		`{"tags":{"rivers/priority":"1"}}`, `{"retry":{"maxRetries":1,"backoff":{"base":"1s"}}}`, `{"partitionSelection":{"keys":[{"single":{"values":["2001-01-01"]}}]}}`,
		`{"requestId":"` + requestID + `"}`, `[`, "\x00", `{"selection":"\ud800"}`, `null`, `{"validateOnly":true,"selection":"not:airports"}`,
	} {
		f.Add([]byte(seed))
	}
	r := newRig(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		r.launch.mu.Lock()
		before := len(r.launch.launched)
		r.launch.mu.Unlock()
		here := *r
		here.t = t
		got := here.call(http.MethodPost, base+"/runs:materialize", string(body), nil)
		if !json.Valid([]byte(got.body)) {
			t.Fatalf("%d with a body that is no JSON: %q", got.code, got.body)
		}
		r.launch.mu.Lock()
		started := len(r.launch.launched) - before
		r.launch.mu.Unlock()
		switch {
		case got.code == 200 && started > 1, got.code != 200 && started != 0:
			t.Fatalf("%d started %d runs: %s", got.code, started, got.body)
		case got.code == 200, got.code >= 400 && got.code < 500:
		default:
			t.Fatalf("code %d for %q: %s", got.code, body, got.body)
		}
	})
}
