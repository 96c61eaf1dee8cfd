package serve_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/store"
)

// left writes a value that no materialization published.
func (p *project) left(name string) string {
	p.t.Helper()
	path := p.path(filepath.Join("values", name, "2001-01-03", uuid.Must(uuid.NewV7()).String()+".json"))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("7"), 0o600)); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// prune removes what nothing refers to, and returns how many values that were.
func (p *process) prune(req *riversv1.PruneValuesRequest) (int64, error) {
	p.t.Helper()
	conn, err := grpc.NewClient(p.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	answers, err := riversv1.NewAssetServiceClient(conn).PruneValues(p.t.Context(), req)
	if err != nil {
		return 0, err
	}
	var n int64
	for {
		a, err := answers.Recv()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if len(a.Problems) > 0 {
			p.t.Error(a.Problems)
		}
		n += a.RemovedCount
	}
}

// TestRetention removes what no materialization published, and nothing once another
// database has said that it has values in the same place.
func TestRetention(t *testing.T) {
	t.Parallel()
	p := newProject(t, "crashing")
	proc := p.serve()
	loc := p.open()
	if end := awaitEnd(t, loc, proc.order("flights", "2001-01-03..2001-01-04")); end.Status != store.Succeeded {
		t.Fatalf("the run ended %s: %s", end.Status, end.Cause)
	}
	path := p.left("flights")
	if n, err := proc.prune(&riversv1.PruneValuesRequest{}); n != 0 || err != nil {
		t.Errorf("within the day that is left to everything: %d, %v", n, err)
	}
	if n, err := proc.prune(&riversv1.PruneValuesRequest{Grace: durationpb.New(0)}); n != 1 || err != nil {
		t.Errorf("removed %d values, %v; want the one that nothing refers to", n, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is there: %v", err)
	}
	other := p.path(filepath.Join("other", "rivers.db"))
	out, code := p.run("materialize", "flights", "--partition", "2001-01-05", "--storage-path", other, "--values-url", "file://"+p.path("values"))
	if code != 0 {
		t.Fatal(out)
	}
	if _, err := proc.prune(&riversv1.PruneValuesRequest{Grace: durationpb.New(0)}); status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), ".rivers/databases/") {
		t.Errorf("another database has values there: %v", err)
	}
	if code := proc.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestRetentionLoop lets the pipeline remove what nothing refers to by itself.
func TestRetentionLoop(t *testing.T) {
	t.Parallel()
	p := newProject(t, "crashing")
	path := p.left("flights")
	proc := p.serve("--retention-grace", "1ms", "--retention-interval", "20ms")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			break
		}
		select {
		case <-proc.done:
			t.Fatal("the pipeline ended")
		case <-tick.C:
		}
	}
	if code := proc.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestRetentionFlags(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, variable string
		args             []string
		says             string
	}{
		{"a time before now", "", []string{"--retention-grace", "-1h"}, "--retention-grace -1h0m0s is negative"},
		{"no time at all", "RIVERS_RETENTION_GRACE=daily", nil, `RIVERS_RETENTION_GRACE "daily" is no duration`},
		{"a negative interval", "RIVERS_RETENTION_INTERVAL=-1s", nil, "--retention-interval -1s is negative"},
		{"the flag wins, and the next mistake is told", "RIVERS_RETENTION_INTERVAL=-1s", []string{"--retention-interval", "0", "--grpc-port", "70000"}, "70000"},
	} {
		p := newProject(t, "odd")
		cmd := p.command(append([]string{"serve"}, tc.args...)...)
		cmd.Env = append(cmd.Env, tc.variable)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), tc.says) {
			t.Errorf("%s: exit code %d\n%s", tc.reason, code, out)
		}
	}
}
