package connect_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/connect"
	"rivers.io/cli/riversctl/contexts"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/project"
	riversv1 "rivers.io/proto/rivers/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFind(t *testing.T) {
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(" secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	book := contexts.File(filepath.Join(dir, "contexts.json"))
	if err := book.Set("prod", contexts.Context{Server: "grpcs://rivers.example:443", TokenFile: token, Namespace: "data", Location: "aviation"}); err != nil {
		t.Fatal(err)
	}
	state, err := project.Create(filepath.Join(dir, project.DirName))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := state.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := lock.Unlock(); err != nil {
			t.Error(err)
		}
	}()
	if err := state.WriteDev(project.Dev{Registry: "127.0.0.1:50052", Token: "dev", Namespace: "local", URL: "http://u", Project: "/p"}); err != nil {
		t.Fatal(err)
	}
	dev := connect.Target{Registry: "127.0.0.1:50052", Token: "dev", Namespace: "local", URL: "http://u", Origin: "riversctl dev in /p"}
	prod := connect.Target{Registry: "rivers.example:443", TLS: true, Token: "secret", Namespace: "data", Location: "aviation", Origin: `context "prod"`}
	flag := connect.Target{Registry: "h:1", Namespace: "local", Origin: "--server"}

	check := func(reason string, w connect.Wish, want connect.Target) {
		t.Helper()
		got, err := connect.Find(w, book, dir)
		if err != nil {
			t.Errorf("%s: %v", reason, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", reason, diff)
		}
	}
	check("without a word the running dev is meant", connect.Wish{}, dev)
	check("a context is named", connect.Wish{Context: "prod"}, prod)
	if err := book.Use("prod"); err != nil {
		t.Fatal(err)
	}
	check("the current context wins over the dev", connect.Wish{}, prod)
	check("local always means the dev", connect.Wish{Context: contexts.Local}, dev)
	check("a server wins over the context", connect.Wish{Server: "h:1"}, flag)
	prod.Namespace, prod.Location = "n", "l"
	check("flags win over what the context says", connect.Wish{Namespace: "n", Location: "l"}, prod)

	for _, bad := range []connect.Wish{
		{Server: "nowhere"}, {Server: "http://h:1"}, {Server: "ftp://h:1"}, {Server: ":1"}, {Context: "nope"},
		{Server: "h:1", TokenFile: filepath.Join(dir, "absent")},
	} {
		if _, err := connect.Find(bad, book, dir); exit.Code(err) != exit.Usage {
			t.Errorf("Find(%+v) = %v, code %d", bad, err, exit.Code(err))
		}
	}
}

// cluster is a registry with one location that can move.
type cluster struct {
	riversv1.UnimplementedRegistryServiceServer
	entries atomic.Pointer[[]*riversv1.CodeLocation]
	asked   atomic.Int32
	// onList is called for each answer of the registry.
	onList func(n int32)
}

func (c *cluster) ListCodeLocations(ctx context.Context, _ *riversv1.ListCodeLocationsRequest) (*riversv1.ListCodeLocationsResponse, error) {
	if got := metadata.ValueFromIncomingContext(ctx, "authorization"); len(got) != 1 || got[0] != "Bearer t" {
		return nil, status.Error(codes.Unauthenticated, "no token")
	}
	n := c.asked.Add(1)
	if c.onList != nil {
		c.onList(n)
	}
	return &riversv1.ListCodeLocationsResponse{CodeLocations: *c.entries.Load()}, nil
}

type pinger struct {
	riversv1.UnimplementedLocationServiceServer
	name string
	err  error
}

func (p pinger) Ping(context.Context, *riversv1.PingRequest) (*riversv1.PingResponse, error) {
	return &riversv1.PingResponse{Name: p.name}, p.err
}

func serve(t *testing.T, register func(*grpc.Server)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func pipeline(t *testing.T, p pinger) string {
	return serve(t, func(s *grpc.Server) { riversv1.RegisterLocationServiceServer(s, p) })
}

func setup(t *testing.T, c *cluster, entries ...*riversv1.CodeLocation) *connect.Client {
	t.Helper()
	c.entries.Store(&entries)
	address := serve(t, func(s *grpc.Server) { riversv1.RegisterRegistryServiceServer(s, c) })
	client := connect.New(connect.Target{Registry: address, Token: "t", Namespace: "local", Origin: "a test"})
	t.Cleanup(client.Close)
	return client
}

func entry(name, endpoint string) *riversv1.CodeLocation {
	return &riversv1.CodeLocation{Namespace: "local", Name: name, Endpoint: endpoint, Phase: "Ready"}
}

func ping(t *testing.T, c *connect.Client, name string) (string, error) {
	resp, err := riversv1.NewLocationServiceClient(c.Location(name)).Ping(t.Context(), &riversv1.PingRequest{})
	return resp.GetName(), err
}

// TestLocationMoves calls a location right when it moves: the old address answers
// that it drains, and the call goes to the new one.
func TestLocationMoves(t *testing.T) {
	old := pipeline(t, pinger{err: status.Error(codes.Unavailable, "draining")})
	fresh := pipeline(t, pinger{name: "new"})
	c := &cluster{}
	c.onList = func(n int32) {
		if n == 2 {
			c.entries.Store(&[]*riversv1.CodeLocation{entry("a", fresh)})
		}
	}
	client := setup(t, c, entry("a", old))
	if got, err := ping(t, client, ""); err != nil || got != "new" {
		t.Errorf("Ping = %q, %v", got, err)
	}
	if n := c.asked.Load(); n != 2 {
		t.Errorf("the registry was asked %d times", n)
	}
}

func TestOtherErrorsAreNotRepeated(t *testing.T) {
	c := &cluster{}
	client := setup(t, c, entry("a", pipeline(t, pinger{err: status.Error(codes.NotFound, "no")})))
	if _, err := ping(t, client, ""); status.Code(err) != codes.NotFound || c.asked.Load() != 1 {
		t.Errorf("Ping = %v after %d lookups", err, c.asked.Load())
	}
}

func TestDown(t *testing.T) {
	down := entry("a", "")
	down.Phase, down.Message = "Failed", "main.go:1 does not compile"
	client := setup(t, &cluster{}, down)
	_, err := ping(t, client, "")
	if exit.Code(err) != exit.Unreachable || !strings.Contains(err.Error(), "main.go:1") {
		t.Errorf("Ping = %v, code %d", err, exit.Code(err))
	}
}

func TestChoose(t *testing.T) {
	a, b := entry("aviation", "x"), entry("weather", "y")
	client := setup(t, &cluster{}, a, b)
	if l, err := client.Choose(t.Context(), "weather"); err != nil || l.GetEndpoint() != "y" {
		t.Errorf("Choose = %v, %v", l, err)
	}
	for name, want := range map[string]string{"": "aviation, weather", "wether": "did you mean weather?"} {
		if _, err := client.Choose(t.Context(), name); exit.Code(err) != exit.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("Choose(%q) = %v", name, err)
		}
	}
	if _, err := setup(t, &cluster{}).Choose(t.Context(), ""); exit.Code(err) != exit.Unreachable {
		t.Errorf("without any location: %v", err)
	}
	wrong := connect.New(connect.Target{Registry: client.Target().Registry, Namespace: "local"})
	t.Cleanup(wrong.Close)
	if _, err := wrong.Choose(t.Context(), ""); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a token: %v", err)
	}
}
