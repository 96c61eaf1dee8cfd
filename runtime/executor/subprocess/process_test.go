package subprocess_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/executor/subprocess"
	"rivers.io/runtime/host"
)

// watching is a parent that wants to know its process.
type watching struct {
	parent
	pids []int
}

func (w *watching) Started(pid int) { w.pids = append(w.pids, pid) }

func TestParentIsToldTheProcess(t *testing.T) {
	w := &watching{}
	got, err := newHost(t).Execute(t.Context(), host.Request{Step: "pid", Attempt: 1}, w)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(got.Outputs[0].DataVersion)
	if diff := cmp.Diff([]int{pid}, w.pids); diff != "" || err != nil {
		t.Errorf("error %v, -want +got:\n%s", err, diff)
	}
}

func TestResultOfAChildThatDoesNotEnd(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := subprocess.New(subprocess.Config{
		Path: self, Args: []string{"child"}, Env: append(os.Environ(), "LINGER=1"), Grace: time.Millisecond,
	})
	w := &watching{}
	got, err := h.Execute(t.Context(), host.Request{Step: "pid", Attempt: 1}, w)
	if err != nil || got.Failure != nil || len(got.Outputs) != 1 {
		t.Fatalf("%+v, %v; want the result that was given", got, err)
	}
	if state := processState(w.pids[0]); state != "" {
		t.Errorf("the child is still there: %s", state)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	got, err := newHost(t).Execute(t.Context(), host.Request{Step: "leave", Attempt: 1}, &parent{})
	if err != nil || len(got.Outputs) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	pid, err := strconv.Atoi(got.Outputs[0].DataVersion)
	if err != nil {
		t.Fatal(err)
	}
	if state := processState(pid); state != "" && state != "Z" {
		t.Errorf("the grandchild %d is still there: %s", pid, state)
	}
}

// runReplaced is a parent whose file becomes another program.
func runReplaced() {
	own, err := os.Executable()
	if err != nil {
		panic(err)
	}
	h := subprocess.New(subprocess.Config{Args: []string{"child"}, Env: os.Environ()})
	if err := os.Rename(own, own+".old"); err != nil {
		panic(err)
	}
	if err := os.WriteFile(own, []byte("#!/bin/sh\necho another build >&2\nexit 9\n"), 0o755); err != nil {
		panic(err)
	}
	got, err := h.Execute(context.Background(), host.Request{Step: "fail", Attempt: 1}, &parent{})
	if got.Failure != nil {
		err = fmt.Errorf("failed: %s", got.Failure.Message)
	}
	fmt.Println(err)
}

func TestChildrenAreOfTheBuildThatServes(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "pipeline")
	copySelf(t, copied)
	out, err := exec.CommandContext(t.Context(), copied, "replaced").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "failed: no" // what the step says in this build
	if runtime.GOOS != "linux" {
		want = "was replaced since this process started"
	}
	if !strings.Contains(string(out), want) {
		t.Errorf("%s, want %q", out, want)
	}
}

func copySelf(t *testing.T, to string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	file, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(file, from); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
