//go:build unix

package dev

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"rivers.io/cli/riversctl/gobuild"
	"rivers.io/cli/riversctl/project"
	"rivers.io/internal/ports"
	riversv1 "rivers.io/proto/rivers/v1"
)

// tiny is a program that keeps the contract of a pipeline's binary and nothing
// else: it builds in an instant.
const tiny = `package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
)

const behaviour = "serve"

func main() {
	if os.Args[1] == "describe" {
		if behaviour == "unresolved" {
			fmt.Fprintln(os.Stderr, "error: main.go:7: asset report needs flights, which nobody declares")
			os.Exit(1)
		}
		fmt.Println("{\"name\": \"tiny\"}")
		return
	}
	f := flag.NewFlagSet("serve", flag.ExitOnError)
	host, port, announce := f.String("host", "", ""), f.Int("grpc-port", 0, ""), f.String("announce", "", "")
	for _, name := range []string{"storage-path", "values-url", "namespace", "name", "id", "token-file", "log-level"} {
		f.String(name, "", "")
	}
	f.Parse(os.Args[2:])
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	if behaviour == "crash" {
		fmt.Fprintln(os.Stderr, "panic: it was not meant to be")
		os.Exit(2)
	}
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", *host, *port))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.WriteFile(*announce+".new", []byte(fmt.Sprintf("{\"name\":\"tiny\",\"grpc\":%q,\"pid\":%d}", l.Addr(), os.Getpid())), 0o600)
	os.Rename(*announce+".new", *announce)
	<-signals
}
`

// bench is a project with a dev that runs on it.
type bench struct {
	t     *testing.T
	cfg   Config
	dir   string
	out   *screen
	over  chan error
	watch grpc.ServerStreamingClient[riversv1.WatchCodeLocationsResponse]
}

// screen collects what dev prints.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}
func (s *screen) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.text.String() }

func newBench(t *testing.T, source string) *bench {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: dir, out: &screen{}, over: make(chan error, 1)}
	b.write("go.mod", "module example.test/tiny\n\ngo 1.26\n")
	b.write("main.go", source)
	gocmd := gobuild.Go{Env: append(os.Environ(), "GOWORK=off")}
	target, err := gocmd.Resolve(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	free := ports.Wanted{Host: "127.0.0.1", Fixed: true, Flag: "--port"}
	b.cfg = Config{
		Target: target, Go: gocmd, Env: gocmd.Env, StateDir: filepath.Join(dir, project.DirName),
		UI: free, GRPC: free, Registry: free, Out: b.out, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	return b
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// start runs dev and watches its registry; the end of the test stops it.
func (b *bench) start() {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan project.Dev, 1)
	b.cfg.Announced = func(d project.Dev) { ready <- d }
	go func() { b.over <- Run(ctx, b.cfg) }()
	var at project.Dev
	select {
	case at = <-ready:
	case err := <-b.over:
		cancel()
		b.t.Fatalf("dev ended: %v\n%s", err, b.out)
	}
	conn, err := grpc.NewClient(at.Registry, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		cancel()
		if err := <-b.over; err != nil {
			b.t.Errorf("dev ended with %v", err)
		}
		if err := conn.Close(); err != nil {
			b.t.Error(err)
		}
		if b.t.Failed() {
			b.t.Logf("the terminal:\n%s", b.out)
		}
	})
	wctx := metadata.AppendToOutgoingContext(b.t.Context(), "authorization", "Bearer "+at.Token)
	b.watch, err = riversv1.NewRegistryServiceClient(conn).WatchCodeLocations(wctx, &riversv1.WatchCodeLocationsRequest{})
	if err != nil {
		b.t.Fatal(err)
	}
}

// await reads the registry until an entry is as wanted.
func (b *bench) await(what string, ok func(*riversv1.CodeLocation) bool) *riversv1.CodeLocation {
	b.t.Helper()
	for {
		e, err := b.watch.Recv()
		if err != nil {
			b.t.Fatalf("waiting for %s: %v\n%s", what, err, b.out)
		}
		if l := e.GetCodeLocation(); l != nil && e.GetType() != riversv1.WatchCodeLocationsResponse_EVENT_TYPE_DELETED && ok(l) {
			return l
		}
	}
}

func up(l *riversv1.CodeLocation) bool { return l.GetEndpoint() != "" && l.GetMessage() == "" }

func TestBuildErrorKeepsTheOld(t *testing.T) {
	b := newBench(t, tiny)
	b.start()
	first := b.await("the first build", up)
	b.write("main.go", tiny+"\nfunc broken( {\n")
	failed := b.await("the build error", func(l *riversv1.CodeLocation) bool { return strings.Contains(l.GetMessage(), "newest build failed") })
	if failed.GetEndpoint() != first.GetEndpoint() || failed.GetImage() != first.GetImage() {
		t.Errorf("the old build does not serve beside the error: %v, before %v", failed, first)
	}
	b.write("main.go", strings.Replace(tiny, "unresolved", "not resolved", 1))
	next := b.await("the mended build", func(l *riversv1.CodeLocation) bool { return up(l) && l.GetImage() != first.GetImage() })
	if next.GetIdentity() != first.GetIdentity() {
		t.Error("the identity changed with the code")
	}
	for _, want := range []string{"the build failed; the build before it goes on serving", "main.go:", "the build is mended", "http://127.0.0.1:"} {
		if !strings.Contains(b.out.String(), want) {
			t.Errorf("the terminal does not say %q", want)
		}
	}
}

func TestDeclarationsThatDoNotResolveAreABuildError(t *testing.T) {
	b := newBench(t, tiny)
	b.start()
	b.await("the first build", up)
	b.write("main.go", strings.Replace(tiny, `behaviour = "serve"`, `behaviour = "unresolved"`, 1))
	b.await("the refusal", func(l *riversv1.CodeLocation) bool { return l.GetEndpoint() != "" && l.GetMessage() != "" })
	if !strings.Contains(b.out.String(), "main.go:7: asset report needs flights") {
		t.Error("the terminal does not show the declaration's line")
	}
}

func TestCrashLoopShowsTheLastLines(t *testing.T) {
	b := newBench(t, strings.Replace(tiny, `behaviour = "serve"`, `behaviour = "crash"`, 1))
	b.start()
	down := b.await("the crash", func(l *riversv1.CodeLocation) bool { return l.GetPhase() == "Failed" })
	if !strings.Contains(down.GetMessage(), "it was not meant to be") || down.GetEndpoint() != "" {
		t.Errorf("the entry of a pipeline that crashes: %v", down)
	}
	b.write("main.go", tiny)
	b.await("the mended pipeline", up)
}

// TestSaveStorm saves without a pause while each build takes its time: builds
// finish, the newest source wins, and no process is left behind.
func TestSaveStorm(t *testing.T) {
	b := newBench(t, tiny)
	b.start()
	b.await("the first build", up)
	served := map[string]bool{}
	for i := 0; len(served) < 3; i++ {
		b.write("main.go", tiny+fmt.Sprintf("\nvar saved = %q\n\nfunc init() { println(saved) }\n", fmt.Sprint("save ", i)))
		// Each change of the registry is answered with another save, so that the
		// sources never rest while a build is under way.
		l := b.await("any change", func(*riversv1.CodeLocation) bool { return true })
		if l.GetEndpoint() == "" {
			t.Fatalf("the location went away while sources were saved: %v", l)
		}
		served[l.GetImage()] = true
	}
	b.write("main.go", tiny+"\nvar last = \"the last save\"\n\nfunc init() { println(last) }\n")
	for !strings.Contains(b.out.String(), "the last save") {
		b.await("the last save", func(*riversv1.CodeLocation) bool { return true })
	}
}

func TestSecondDevIsRefused(t *testing.T) {
	b := newBench(t, tiny)
	b.start()
	b.await("the first build", up)
	err := Run(t.Context(), b.cfg)
	var held *project.HeldError
	if !errors.As(err, &held) || held.Dev.PID != os.Getpid() || !strings.Contains(err.Error(), "http://127.0.0.1:") {
		t.Errorf("the second dev: %v", err)
	}
}

func TestTakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, which := range []func(*Config) *ports.Wanted{
		func(c *Config) *ports.Wanted { return &c.UI },
		func(c *Config) *ports.Wanted { return &c.GRPC },
		func(c *Config) *ports.Wanted { return &c.Registry },
	} {
		b := newBench(t, tiny)
		which(&b.cfg).Port = ports.Number(l)
		err := Run(t.Context(), b.cfg)
		var taken *ports.TakenError
		if !errors.As(err, &taken) {
			t.Errorf("a port that was asked for and is taken: %v", err)
		}
	}
}

func TestStaleStateIsTakenOver(t *testing.T) {
	b := newBench(t, tiny)
	state, err := project.Create(b.cfg.StateDir)
	if err != nil {
		t.Fatal(err)
	}
	if err := state.WriteDev(project.Dev{PID: 1, URL: "http://127.0.0.1:1"}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(state.Bin(), "tiny-0123456789ab"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.await("the first build", up)
	left, err := filepath.Glob(filepath.Join(state.Bin(), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("binaries of earlier runs are kept: %v, %v", left, err)
	}
}
