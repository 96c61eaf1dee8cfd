package serve_test

import (
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/store"
)

// TestNoDaemon carries out a run and answers right where no loop gathers states.
func TestNoDaemon(t *testing.T) {
	t.Parallel()
	p := newProject(t, "crashing")
	proc := p.serve("--no-daemon")
	loc := p.open()
	if end := awaitEnd(t, loc, proc.order("flights", "2001-01-03..2001-01-07")); end.Status != store.Succeeded {
		t.Fatalf("the run ended %s: %s", end.Status, end.Cause)
	}
	conn, err := grpc.NewClient(proc.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	counts, err := riversv1.NewPartitionServiceClient(conn).GetPartitionSummary(t.Context(), &riversv1.GetPartitionSummaryRequest{Asset: "flights"})
	if err != nil {
		t.Fatal(err)
	}
	if counts.GetMaterialized() != 5 || counts.GetMissing() != 26 {
		t.Errorf("the counts without a daemon: %v", counts)
	}
	if code := proc.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if log, err := os.ReadFile(p.path("log")); err != nil || !strings.Contains(string(log), "no background loops") {
		t.Errorf("the log does not tell: %v\n%s", err, log)
	}
}

// TestNoDaemonVariable refuses what is neither yes nor no, and lets the flag win.
func TestNoDaemonVariable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, value string
		args          []string
		code          int
		says          string
	}{
		{"a word that says nothing", "perhaps", nil, 2, `RIVERS_NO_DAEMON is "perhaps"`},
		{"the flag wins, and the next mistake is told", "perhaps", []string{"--no-daemon", "--grpc-port", "70000"}, 2, "70000"},
	} {
		p := newProject(t, "odd")
		cmd := p.command(append([]string{"serve"}, tc.args...)...)
		cmd.Env = append(cmd.Env, "RIVERS_NO_DAEMON="+tc.value)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != tc.code || !strings.Contains(string(out), tc.says) {
			t.Errorf("%s: exit code %d\n%s", tc.reason, code, out)
		}
	}
}
