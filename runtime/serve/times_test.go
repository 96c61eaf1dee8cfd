package serve_test

import (
	"strings"
	"testing"
	"time"
)

func TestTimeFlags(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, variable string
		args             []string
		says             string
	}{
		{"trust outlasts the lease", "", []string{"--lease", "8s"}, "--lease-trust 10s must be shorter than --lease 8s"},
		{"trust as long as the lease", "", []string{"--lease-trust", "15s"}, "--lease-trust 15s must be shorter than --lease 15s"},
		{"renewed when it is not trusted any more", "RIVERS_EXECUTOR_LEASE_RENEW=10s", nil, "--lease-renew 10s must be shorter than --lease-trust 10s"},
		{"a lease that nobody outlives", "RIVERS_EXECUTOR_LEASE=1h", nil, "--lease 1h0m0s is longer than 5m0s"},
		{"no time at all", "RIVERS_EXECUTOR_GIVE_UP=soon", nil, `RIVERS_EXECUTOR_GIVE_UP "soon" is no duration`},
		{"never", "", []string{"--give-up", "0"}, "--give-up (RIVERS_EXECUTOR_GIVE_UP) is 0"},
		{"before now", "RIVERS_EXECUTOR_CANCEL_GRACE=-1s", nil, "--cancel-grace -1s is negative"},
		{"a drain before now", "RIVERS_EXECUTOR_DRAIN_TIMEOUT=-1m", nil, "--drain-timeout -1m0s is negative"},
		{
			"all that fit together, an empty variable and a flag over its variable; the next mistake is told", "RIVERS_EXECUTOR_LEASE=1ms",
			[]string{"--lease", "90s", "--lease-trust", "60s", "--lease-renew", "20s", "--give-up", "1m", "--cancel-grace", "5s", "--drain-timeout", "0", "--grpc-port", "70000"},
			"70000",
		},
	} {
		p := newProject(t, "odd")
		cmd := p.command(append([]string{"serve"}, tc.args...)...)
		cmd.Env = append(cmd.Env, "RIVERS_EXECUTOR_LEASE_TRUST=", tc.variable)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), tc.says) {
			t.Errorf("%s: exit code %d\n%s", tc.reason, code, out)
		}
	}
}

// TestLeaseReachesTheStore reads the lease of a run that waits.
func TestLeaseReachesTheStore(t *testing.T) {
	t.Parallel()
	p := newProject(t, "odd")
	proc := p.serve("--lease", "4m", "--lease-renew", "2s", "--drain-timeout", "1ms")
	run := proc.order("waits", "")
	loc := p.open()
	awaitLaunch(t, loc, run)
	got, err := loc.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if held := got.LeaseEnd.Sub(got.StartedAt); held < 4*time.Minute {
		t.Errorf("the lease ends %s after the start of the run", held)
	}
	if code := proc.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
