package serve

import (
	"time"

	"github.com/urfave/cli/v2"

	"rivers.io/runtime/store"
)

// timeFlag is a flag of a time that the executor keeps, with its variable.
type timeFlag struct {
	name, variable string
	value          time.Duration
	usage          string
}

// The times of the executor.
var (
	leaseTime       = timeFlag{"lease", "RIVERS_EXECUTOR_LEASE", 15 * time.Second, "how long a run stays with a process that is not heard of"}
	renewTime       = timeFlag{"lease-renew", "RIVERS_EXECUTOR_LEASE_RENEW", 5 * time.Second, "how often an idle run's lease is renewed; shorter than --lease-trust"}
	trustTime       = timeFlag{"lease-trust", "RIVERS_EXECUTOR_LEASE_TRUST", 10 * time.Second, "how long this process relies on a lease that it could not renew; shorter than --lease"}
	giveUpTime      = timeFlag{"give-up", "RIVERS_EXECUTOR_GIVE_UP", 5 * time.Minute, "how long a database that does not answer is asked before this process ends"}
	cancelGraceTime = timeFlag{"cancel-grace", "RIVERS_EXECUTOR_CANCEL_GRACE", time.Second, "how long a canceled step may go on before it is abandoned"}
	drainTime       = timeFlag{"drain-timeout", "RIVERS_EXECUTOR_DRAIN_TIMEOUT", 10 * time.Minute, "how long runs may go on after a request to end"}
)

func timeFlags() []cli.Flag {
	var out []cli.Flag
	for _, f := range []timeFlag{leaseTime, renewTime, trustTime, giveUpTime, cancelGraceTime, drainTime} {
		out = append(out, &cli.DurationFlag{Name: f.name, Value: f.value, Usage: f.usage + " (" + f.variable + ")"})
	}
	return out
}

// times are how long the executor waits for what; zero ones are its defaults.
type times struct{ lease, renew, trust, giveUp, cancelGrace, drain time.Duration }

// times reads the flags and variables of times, and checks them against each
// other.
func (p *program) times(c *cli.Context) (t times, err error) {
	for _, f := range []struct {
		timeFlag
		into *time.Duration
	}{
		{leaseTime, &t.lease},
		{renewTime, &t.renew},
		{trustTime, &t.trust},
		{giveUpTime, &t.giveUp},
		{cancelGraceTime, &t.cancelGrace},
		{drainTime, &t.drain},
	} {
		if *f.into, err = p.duration(c, f.name, f.variable); err != nil {
			return t, err
		}
		if *f.into == 0 && f.name != drainTime.name {
			return t, usage("--%s (%s) is 0; it must be longer", f.name, f.variable)
		}
	}
	switch {
	case t.lease > store.MaxLease:
		return t, usage("--lease %s is longer than %s", t.lease, store.MaxLease)
	case t.trust >= t.lease:
		return t, usage("--lease-trust %s must be shorter than --lease %s: another process may take a run over once its lease ended", t.trust, t.lease)
	case t.renew >= t.trust:
		return t, usage("--lease-renew %s must be shorter than --lease-trust %s: nothing starts on a lease that is not trusted", t.renew, t.trust)
	}
	return t, nil
}
