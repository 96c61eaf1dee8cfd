package subprocess_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/executor/subprocess"
	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
)

// TestMain lets the test binary be its own child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		if err := subprocess.Serve(context.Background(), steps{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if os.Getenv("LINGER") != "" {
			never := make(chan os.Signal, 1)
			signal.Notify(never, syscall.SIGUSR1)
			<-never
		}
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == "replaced" {
		runReplaced()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// steps is the pipeline of the child.
type steps struct{}

func (steps) Execute(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
	switch req.Step {
	case "echo":
		return host.Result{Outputs: []host.Output{{
			Asset: "echo", DataVersion: fmt.Sprintf("%s %s %d %s %s", req.Run, req.Key, req.Attempt, req.Config, req.Now.Format(time.RFC3339)),
			Value:    &host.Ref{Handler: "h", Path: "p", Format: "json", Bytes: 7},
			Metadata: map[string]json.RawMessage{"k": json.RawMessage(`{"int":1}`)},
		}}}, nil
	case "read":
		return read(ctx, env)
	case "nested", "peek", "again":
		return loops[req.Step](ctx, env)
	case "pid":
		return said(os.Getpid()), nil
	case "leave":
		sleeper := exec.Command("sleep", "1000")
		sleeper.Stdout = os.Stdout
		if err := sleeper.Start(); err != nil {
			return host.Result{}, err
		}
		return said(sleeper.Process.Pid), nil
	case "print":
		fmt.Println("raw", os.Getpid() > 0)
		fmt.Fprintln(os.Stderr, "raw error")
		fmt.Fprintln(env.Stdout(), "by context")
		env.Logger().With("a", 1).WithGroup("g").Warn("record", "b", []string{"x"})
	case "exit":
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(3)
	case "panic":
		go func() { panic("stray goroutine") }()
		<-ctx.Done()
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "hang":
		sleeper := exec.Command("sleep", "1000")
		sleeper.Stdout = os.Stdout
		_ = sleeper.Start()
		fmt.Println(sleeper.Process.Pid)
		select {}
	case "fail":
		return host.Result{Failure: &host.Failure{Message: "no", Kinds: []string{"main.No"}, Final: true, RetryAfter: time.Minute, Reason: "error"}}, nil
	default:
		return host.Result{}, fmt.Errorf("unknown step %q", req.Step)
	}
	return host.Result{}, nil
}

func read(ctx context.Context, env host.Env) (host.Result, error) {
	var keys []string
	for v, err := range env.Values(ctx, 0) {
		if err != nil {
			return host.Result{Failure: &host.Failure{Message: err.Error()}}, nil
		}
		keys = append(keys, string(v.Key))
		if len(keys) == 700 {
			break
		}
	}
	var broken string
	for _, err := range env.Values(ctx, 1) {
		broken = fmt.Sprint(err)
	}
	first, total, err := env.Missing(ctx, 0, 2)
	return host.Result{Outputs: []host.Output{{Asset: "read", DataVersion: strings.TrimSpace(fmt.Sprintln(len(keys), keys[699], broken, first, total, err))}}}, nil
}

// parent is the Env of the engine's side.
type parent struct {
	mu             sync.Mutex
	stdout, stderr bytes.Buffer
	records        bytes.Buffer
}

func (*parent) Values(_ context.Context, input int) iter.Seq2[host.Value, error] {
	return func(yield func(host.Value, error) bool) {
		if input == 1 {
			yield(host.Value{}, errors.New("the store is gone"))
			return
		}
		for i := range 1000 {
			if !yield(host.Value{Key: partition.Key(strconv.Itoa(i)), DataVersion: "v", Ref: &host.Ref{Path: "p"}}, nil) {
				return
			}
		}
	}
}

func (*parent) Missing(_ context.Context, _, limit int) ([]partition.Key, uint64, error) {
	return []partition.Key{"m1", "m2", "m3"}[:limit], 3, nil
}

func (p *parent) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(p.locked(&p.records), nil))
}
func (p *parent) Stdout() io.Writer { return p.locked(&p.stdout) }
func (p *parent) Stderr() io.Writer { return p.locked(&p.stderr) }

type locked struct {
	mu *sync.Mutex
	to io.Writer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}

func (p *parent) locked(to io.Writer) io.Writer { return locked{&p.mu, to} }

func (p *parent) text(b *bytes.Buffer) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return b.String()
}

func newHost(t *testing.T) *subprocess.Host {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return subprocess.New(subprocess.Config{Path: self, Args: []string{"child"}, Env: os.Environ()})
}

func TestEverythingCrossesTheSeam(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got, err := newHost(t).Execute(t.Context(), host.Request{
		Run: "r", Step: "echo", Key: "k", Attempt: 2, Config: json.RawMessage(`{"a":1}`), Now: now,
	}, &parent{})
	if err != nil {
		t.Fatal(err)
	}
	want := host.Result{Outputs: []host.Output{{
		Asset: "echo", DataVersion: `r k 2 {"a":1} 2026-01-02T03:04:05Z`,
		Value:    &host.Ref{Handler: "h", Path: "p", Format: "json", Bytes: 7},
		Metadata: map[string]json.RawMessage{"k": json.RawMessage(`{"int":1}`)},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestQuestionsAreAnswered(t *testing.T) {
	got, err := newHost(t).Execute(t.Context(), host.Request{Step: "read", Attempt: 1}, &parent{})
	if err != nil || got.Failure != nil {
		t.Fatalf("%+v, %v", got.Failure, err)
	}
	if want := "700 699 the store is gone [m1 m2] 3 <nil>"; got.Outputs[0].DataVersion != want {
		t.Errorf("got %q, want %q", got.Outputs[0].DataVersion, want)
	}
}

func TestStreamsAreTheStepsOwn(t *testing.T) {
	p := &parent{}
	if _, err := newHost(t).Execute(t.Context(), host.Request{Step: "print", Attempt: 1}, p); err != nil {
		t.Fatal(err)
	}
	if got := p.text(&p.stdout); got != "raw true\nby context\n" {
		t.Errorf("stdout %q", got)
	}
	if got := p.text(&p.stderr); got != "raw error\n" {
		t.Errorf("stderr %q", got)
	}
	if got := p.text(&p.records); !strings.Contains(got, `"msg":"record","a":1,"g":{"b":["x"]}`) {
		t.Errorf("record %s", got)
	}
}

func TestEndsWithoutAResult(t *testing.T) {
	for step, want := range map[string]struct{ reason, message string }{
		"exit":  {"error", "exited with status 3 before the step ended\nlast words"},
		"panic": {"error", "stray goroutine"},
		"kill":  {"infrastructure", "signal killed"},
	} {
		t.Run(step, func(t *testing.T) {
			got, err := newHost(t).Execute(t.Context(), host.Request{Step: step, Attempt: 1}, &parent{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Failure == nil || got.Failure.Reason != want.reason || !strings.Contains(got.Failure.Message, want.message) {
				t.Errorf("got %+v, want reason %s with %q", got.Failure, want.reason, want.message)
			}
		})
	}
}

func TestFailureKeepsItsDetails(t *testing.T) {
	got, err := newHost(t).Execute(t.Context(), host.Request{Step: "fail", Attempt: 1}, &parent{})
	want := &host.Failure{Message: "no", Kinds: []string{"main.No"}, Final: true, RetryAfter: time.Minute, Reason: "error"}
	if diff := cmp.Diff(want, got.Failure); diff != "" || err != nil {
		t.Errorf("error %v, -want +got:\n%s", err, diff)
	}
}

func TestUnknownStepIsAnErrorOfTheHost(t *testing.T) {
	_, err := newHost(t).Execute(t.Context(), host.Request{Step: "nope", Attempt: 1}, &parent{})
	if err == nil || !strings.Contains(err.Error(), `unknown step "nope"`) {
		t.Errorf("got %v", err)
	}
}

func TestMissingBinary(t *testing.T) {
	h := subprocess.New(subprocess.Config{Path: "/nonexistent/pipeline"})
	_, err := h.Execute(t.Context(), host.Request{Step: "echo", Attempt: 1}, &parent{})
	var infra interface{ Infrastructure() bool }
	if !errors.As(err, &infra) || !infra.Infrastructure() {
		t.Errorf("a binary that cannot be started is the machinery's fault, got %v", err)
	}
}

func TestCancelKillsTheWholeGroup(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	p := &parent{}
	out := make(chan string, 1)
	h := newHost(t)
	done := make(chan error, 1)
	go func() {
		_, err := h.Execute(ctx, host.Request{Step: "hang", Attempt: 1}, &watched{parent: p, first: out})
		done <- err
	}()
	pid, err := strconv.Atoi(strings.TrimSpace(<-out))
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop now")
	cancel(stop)
	if err := <-done; !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if state := processState(pid); state != "" && state != "Z" {
		t.Errorf("the grandchild %d is still there: %s", pid, state)
	}
}

// watched tells the first thing that is printed.
type watched struct {
	*parent
	first chan string
	once  sync.Once
}

func (w *watched) Stdout() io.Writer { return w }

func (w *watched) Write(b []byte) (int, error) {
	w.once.Do(func() { w.first <- string(b) })
	return len(b), nil
}

// processState returns the state letter of a process, or nothing when it is gone.
func processState(pid int) string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	return fields[0]
}

func TestServeOutsideOfAnExecutor(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), self, "child").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "started by an executor only") {
		t.Errorf("%v: %s", err, out)
	}
}
