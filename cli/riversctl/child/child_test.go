//go:build linux

package child_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rivers.io/cli/riversctl/child"
	"rivers.io/runtime/store"
)

// TestMain lets the test binary play the pipeline, and a parent that dies.
func TestMain(m *testing.M) {
	switch os.Getenv("PLAY") {
	case "pipeline":
		playPipeline()
	case "parent":
		playParent()
	default:
		goleak.VerifyTestMain(m)
	}
}

// playPipeline keeps the contract of a pipeline's binary. Its argument is the
// announcement, or "crash".
func playPipeline() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	fmt.Println("hello from stdout")
	fmt.Fprintln(os.Stderr, "hello from stderr")
	if os.Args[1] == "crash" {
		fmt.Fprintln(os.Stderr, "panic: no such table")
		os.Exit(2)
	}
	if os.Args[1] == "refuse" || os.Args[1] == "unreachable" {
		text := "no such bucket"
		if os.Args[1] == "refuse" {
			text = fmt.Sprintf("open rivers.db: upgrade rivers: %v", store.ErrSchema)
		}
		fmt.Fprintln(os.Stderr, "error:", text)
		os.Exit(3)
	}
	text := fmt.Sprintf(`{"name":"p","grpc":"127.0.0.1:1","pid":%d}`, os.Getpid())
	if err := os.WriteFile(os.Args[1], []byte(text), 0o600); err != nil {
		os.Exit(3)
	}
	if <-signals == syscall.SIGINT {
		os.Exit(0)
	}
	fmt.Println("draining")
	os.Exit(0)
}

// playParent starts a pipeline, prints its pid and waits to be killed.
func playParent() {
	p, err := child.NewSpawner().Start(spec(os.Args[1], func(string) {}))
	if err != nil {
		panic(err)
	}
	if _, err := p.WaitServing(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(p.PID())
	select {}
}

func spec(announce string, print func(string)) child.Spec {
	return child.Spec{
		Path: os.Args[0], Args: []string{announce}, Env: append(os.Environ(), "PLAY=pipeline"),
		Announce: announce, Print: print,
	}
}

type printed struct {
	mu  sync.Mutex
	all []string
}

func (p *printed) print(line string) { p.mu.Lock(); p.all = append(p.all, line); p.mu.Unlock() }

// TestRefusedSchema tells a pipeline that cannot use the schema from one whose
// storage does not answer, which may pass.
func TestRefusedSchema(t *testing.T) {
	for play, want := range map[string]bool{"refuse": true, "unreachable": false, "crash": false} {
		s := child.NewSpawner()
		p, err := s.Start(spec(play, func(string) {}))
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		s.Close()
		var ended *child.ExitError
		if !errors.As(p.Err(), &ended) || ended.Refused != want {
			t.Errorf("%s: %v", play, p.Err())
		}
	}
}

func TestServeAndDrain(t *testing.T) {
	s := child.NewSpawner()
	defer s.Close()
	announce := filepath.Join(t.TempDir(), "p.json")
	if err := os.WriteFile(announce, []byte(`{"name":"old","grpc":"127.0.0.1:9","pid":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out printed
	p, err := s.Start(spec(announce, out.print))
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.WaitServing(t.Context())
	if err != nil || a.Name != "p" || a.PID != p.PID() {
		t.Fatalf("WaitServing = %+v, %v", a, err)
	}
	p.Drain()
	<-p.Done()
	if p.Err() != nil {
		t.Errorf("after a drain: %v", p.Err())
	}
	for _, want := range []string{"hello from stdout", "hello from stderr", "draining"} {
		if !slices.Contains(out.all, want) {
			t.Errorf("the line %q was lost: %q", want, out.all)
		}
	}
}

func TestCrashShowsTheLastLines(t *testing.T) {
	s := child.NewSpawner()
	defer s.Close()
	p, err := s.Start(spec("crash", func(string) {}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.WaitServing(t.Context())
	var exited *child.ExitError
	if !errors.As(err, &exited) || !strings.Contains(err.Error(), "exit status 2") || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("WaitServing of a crash = %v", err)
	}
	p.Kill() // after the end it must do nothing
}

func TestTimeToServeIsBounded(t *testing.T) {
	s := child.NewSpawner()
	defer s.Close()
	sp := spec(filepath.Join(t.TempDir(), "never"), func(string) {})
	sp.Announce += ".elsewhere"
	p, err := s.Start(sp)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.WaitServing(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitServing = %v", err)
	}
	p.Kill()
	<-p.Done()
	if p.Err() == nil {
		t.Error("a killed process must not look well")
	}
}

func TestMissingBinary(t *testing.T) {
	s := child.NewSpawner()
	defer s.Close()
	if _, err := s.Start(child.Spec{Path: filepath.Join(t.TempDir(), "none"), Print: func(string) {}}); err == nil {
		t.Error("started a binary that is not there")
	}
}

// TestDiesWithTheParent kills the parent without a word and watches the child go.
func TestDiesWithTheParent(t *testing.T) {
	announce := filepath.Join(t.TempDir(), "p.json")
	parent := exec.Command(os.Args[0], announce)
	parent.Env = append(os.Environ(), "PLAY=parent")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid := 0
	if _, err := fmt.Sscan(line, &pid); err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	for deadline := time.Now().Add(10 * time.Second); alive(pid); {
		if time.Now().After(deadline) {
			t.Fatalf("child %d outlives its parent", pid)
		}
		<-time.After(time.Millisecond)
	}
}

// alive tells zombies that nobody reaps from processes that run.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}
