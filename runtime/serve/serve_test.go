package serve_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	owner := ""
	if runtime.GOOS == "linux" {
		owner = fmt.Sprintf("pid %d", os.Getpid())
	}
	for name, tc := range map[string]struct {
		pipeline string
		args     []string
		code     int
		says     []string
	}{
		"unknown command":    {"odd", []string{"fly"}, 2, []string{`unknown command "fly"`}},
		"unknown flag":       {"odd", []string{"serve", "--wings"}, 2, []string{"wings"}},
		"port that is none":  {"odd", []string{"serve", "--grpc-port", "70000"}, 2, []string{"70000"}},
		"port that is taken": {"odd", []string{"serve", "--grpc-port", port}, 1, []string{"port " + port, "taken", "--grpc-port", owner}},
		"unknown executor":   {"odd", []string{"serve", "--executor", "mars"}, 2, []string{`"mars"`, "subprocess"}},
		"unknown durability": {"odd", []string{"serve", "--synchronous", "maybe"}, 2, []string{`"maybe"`}},
		"missing token file": {"odd", []string{"serve", "--grpc-port", "0", "--token-file", "nowhere"}, 1, []string{"nowhere"}},
		"unlinked store":     {"odd", []string{"serve", "--grpc-port", "0", "--values-url", "s3://bucket"}, 3, []string{"runtime/serve/s3"}},
		// An order that is refused is an error of the command line, as riversctl has it.
		"unknown asset":     {"odd", []string{"materialize", "print"}, 2, []string{`"print"`, "prints"}},
		"missing partition": {"crashing", []string{"materialize", "flights"}, 2, []string{"flights", "partitioned"}},
		"bad partition":     {"crashing", []string{"materialize", "flights", "--partition", "2001-02-31"}, 2, []string{"2001-02-31"}},
		"bad tag":           {"odd", []string{"materialize", "prints", "--tag", "x"}, 2, []string{`"x"`}},
		"config of no use":  {"crashing", []string{"materialize", "flights", "--partition", "2001-01-01", "--config", `{"flights":{"wings":2}}`}, 2, []string{"wings", "flights"}},
		"kept and not kept": {"odd", []string{"materialize", "prints", "--memory", "--storage-path", "x.db"}, 2, []string{"--memory"}},
		"bare step":         {"odd", []string{"execute-step"}, 2, []string{"started by an executor only"}},
		"bad config":        {"odd", []string{"materialize", "prints", "--config", "[]"}, 2, []string{"--config"}},
		"several modules":   {"two", []string{"validate"}, 2, []string{"--module", "crashing, odd"}},
		"unknown module":    {"two", []string{"validate", "--module", "x"}, 2, []string{`"x"`, "crashing, odd"}},
		"all problems":      {"broken", []string{"validate"}, 1, []string{"same", "lost", "pipeline_test.go:"}},
		"broken serve":      {"broken", []string{"serve", "--grpc-port", "0"}, 1, []string{"same", "lost"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, tc.pipeline)
			out, code := p.run(tc.args...)
			if _, err := os.Stat(p.path(".rivers")); tc.code == 2 && err == nil {
				t.Error("a refused command left a state directory")
			}
			if code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			for _, words := range tc.says {
				if !strings.Contains(out, words) {
					t.Errorf("the message does not say %q:\n%s", words, out)
				}
			}
		})
	}
}

func TestDatabasesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	if err := os.WriteFile(p.path("bad.db"), []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := p.run("materialize", "prints", "--storage-path", "bad.db")
	if code != 3 || !strings.Contains(out, "the database bad.db is damaged: restore a backup") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	left, err := os.ReadFile(p.path("bad.db"))
	if err != nil || !strings.HasPrefix(string(left), "not a database") {
		t.Error("the file was changed")
	}
}

func TestDefaultPortMovesOn(t *testing.T) {
	t.Parallel()
	// Whoever holds the default port, it is taken.
	if lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:3001"); err == nil {
		defer lis.Close()
	}
	p := newProject(t, "odd")
	proc := p.serveOn()
	if _, port, _ := net.SplitHostPort(proc.addr); port == "3001" {
		t.Error("serves on a port that is taken")
	}
	log, err := os.ReadFile(p.path("log"))
	if err != nil || !strings.Contains(string(log), "the default port is taken") {
		t.Errorf("the log does not say so: %v\n%s", err, log)
	}
}

// TestSchemaOfALaterBuild refuses to start with 3, and a process that the schema
// rises past drains and ends with 3.
func TestSchemaOfALaterBuild(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	proc := p.serve()
	p.raise(t.Context())
	<-proc.done
	if code := proc.cmd.ProcessState.ExitCode(); code != 3 {
		log, _ := os.ReadFile(p.path("log"))
		t.Errorf("exit code %d:\n%s", code, log)
	}
	out, code := p.run("serve", "--grpc-port", "0", "--storage-path", p.path("rivers.db"))
	if code != 3 || !strings.Contains(out, "upgrade rivers") || !strings.Contains(out, store.ErrSchema.Error()) {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

func TestDescribeAndValidate(t *testing.T) {
	t.Parallel()
	p := newProject(t, "crashing")
	out, code := p.run("describe")
	var d struct {
		Name        string
		Definitions []struct{ Name, Type string }
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v:\n%s", code, err, out)
	}
	if d.Name != "crashing" || len(d.Definitions) != 3 || d.Definitions[0].Name != "flights" {
		t.Errorf("got %+v", d)
	}
	if out, code := p.run("validate"); code != 0 || !strings.Contains(out, "3 assets") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestMaterializeWithoutAServer(t *testing.T) {
	t.Parallel()
	p := newProject(t, "crashing")
	out, code := p.run("materialize", "+report", "--partition", "2001-01-01..2001-01-03", "--storage-path", "rivers.db")
	if code != 1 || !strings.Contains(out, "2001-01-04") {
		t.Errorf("a report over an incomplete month names what is missing; exit code %d:\n%s", code, out)
	}
	out, code = p.run("materialize", "+report", "--partition", "all", "--storage-path", "rivers.db")
	if code != 0 || !strings.Contains(out, "63 steps") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// TestMaterializeKeepsNothing: a dry run and --memory leave the working directory as
// it was.
func TestMaterializeKeepsNothing(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--dry-run", "--memory"} {
		p := newProject(t, "odd")
		tmp := t.TempDir()
		cmd := p.command("materialize", "prints", flag)
		cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "1 asset: 1 step in 1 run") {
			t.Errorf("%s: %v\n%s", flag, err, out)
		}
		if succeeded := strings.Contains(string(out), "succeeded: 1 step in"); succeeded != (flag == "--memory") {
			t.Errorf("%s:\n%s", flag, out)
		}
		for _, dir := range []string{p.dir, tmp} {
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%s left %v, %v", flag, left, err)
			}
		}
	}
}

func TestHelpNamesTheFile(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	out, code := p.run("--help")
	if name := filepath.Base(p.command().Path); code != 0 || !strings.Contains(out, name+" - a rivers code location") {
		t.Errorf("exit code %d, want %s in\n%s", code, name, out)
	}
}

func TestCrashOfAChildFailsItsAttemptAlone(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	proc := p.serve()
	run := awaitEnd(t, p.open(), proc.order("exits prints", ""))
	if run.Counts.Failed != 1 || run.Counts.Succeeded != 1 || !strings.Contains(run.Cause, "exited with status 7") {
		t.Errorf("counts %+v, cause %q", run.Counts, run.Cause)
	}
	lines := p.logs(run.ID) // who waited for the end finds all of it
	proc.terminate()
	if !strings.Contains(lines, "stdout exits: raw words") {
		t.Errorf("the child's raw output is not there:\n%s", lines)
	}
	if !strings.Contains(lines, "process : stdout: past the context") {
		t.Errorf("what was printed past the context is not on the run:\n%s", lines)
	}
}

// logs returns the stored lines of a run as text.
func (p *project) logs(run string) string {
	p.t.Helper()
	lines, err := p.open().LogLines(p.t.Context(), run, store.LogFilter{}, 0, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(string(l.Stream) + " " + l.Attempt.Name + ": " + l.Text + "\n")
	}
	return b.String()
}

// awaitLaunch waits until the first step of a run was launched.
func awaitLaunch(t *testing.T, loc store.Location, run string) {
	t.Helper()
	for events, err := range loc.WatchStream(t.Context(), run, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if events[len(events)-1].Type() == event.TypeStepLaunched {
			return
		}
	}
}

func TestTerminateHandsRunsOver(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	proc := p.serve("--drain-timeout", "1ms")
	run := proc.order("waits", "")
	loc := p.open()
	awaitLaunch(t, loc, run)
	if code := proc.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if r, err := loc.Run(t.Context(), run); err != nil || r.Status != store.Started || !r.LeaseEnd.IsZero() {
		t.Errorf("after the handover the run is %s with a lease until %v, %v", r.Status, r.LeaseEnd, err)
	}
	p.serve()
	if end := awaitEnd(t, loc, run); end.Status != store.Succeeded || end.Epoch != 2 {
		t.Errorf("the run ended %s in epoch %d: %s", end.Status, end.Epoch, end.Cause)
	}
}

func TestMetricsTellTheExecutor(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	proc := p.serve("--drain-timeout", "1ms")
	run := proc.order("waits", "")
	awaitLaunch(t, p.open(), run)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+proc.addr+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"rivers_active_runs 1\n", "rivers_abandoned_functions_total 0\n", "rivers_grpc_calls_total"} {
		if !strings.Contains(string(body), line) {
			t.Errorf("no %q in\n%s", line, body)
		}
	}
	proc.terminate()
}

func TestTokenIsAskedFor(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	if err := os.WriteFile(p.path("token"), []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	proc := p.serve("--token-file", p.path("token"))
	_, err := proc.runs.ListRuns(t.Context(), &riversv1.ListRunsRequest{})
	if status.Code(err) != codes.Unauthenticated {
		t.Errorf("without the token: %v", err)
	}
	if log, err := os.ReadFile(p.path("log")); err != nil || strings.Contains(string(log), "s3cret") {
		t.Error("the token is in the log")
	}
}

func TestMaterializeLeavesOtherRunsAlone(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	proc := p.serve("--drain-timeout", "1ms")
	run := proc.order("waits", "")
	loc := p.open()
	for events, err := range loc.WatchStream(t.Context(), run, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if events[len(events)-1].Type() == event.TypeStepLaunched {
			break
		}
	}
	proc.terminate()
	if out, code := p.run("materialize", "prints", "--storage-path", "rivers.db"); code != 0 {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if r, err := loc.Run(t.Context(), run); err != nil || r.Epoch != 1 {
		t.Errorf("the run of another process was taken over: epoch %d, %v", r.Epoch, err)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	proc := p.serve()
	proc.order("stubborn", "")
	loc := p.open()
	runs, _, err := loc.ListRuns(t.Context(), store.RunFilter{}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for events, err := range loc.WatchStream(t.Context(), runs[0].ID, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if events[len(events)-1].Type() == event.TypeStepLaunched {
			break
		}
	}
	_ = proc.cmd.Process.Signal(syscall.SIGTERM) // drains for ten minutes
	p.awaitLog("draining")
	if code := proc.terminate(); code != 1 {
		t.Errorf("exit code %d after a second signal", code)
	}
}

// awaitLog waits until the log of the project says something.
func (p *project) awaitLog(words string) {
	p.t.Helper()
	for {
		if raw, err := os.ReadFile(p.path("log")); err == nil && strings.Contains(string(raw), words) {
			return
		}
		select {
		case <-p.t.Context().Done():
			p.t.Fatalf("the log never says %q", words)
		case <-time.After(2 * time.Millisecond):
		}
	}
}
