package serve

import (
	"strconv"

	"github.com/urfave/cli/v2"

	"rivers.io/runtime/daemon"
	"rivers.io/runtime/daemon/retention"
)

// loop is a part of the daemon: it begins with Start and has ended when Stop
// returns.
type loop interface {
	Start()
	Stop()
}

// noDaemonVariable is what --no-daemon is called in the environment.
const noDaemonVariable = "RIVERS_NO_DAEMON"

// noDaemon reports whether the process does without its background loops.
func (p *program) noDaemon(c *cli.Context) (bool, error) {
	const flag = "no-daemon"
	text, given := p.env(noDaemonVariable)
	if c.IsSet(flag) || !given || text == "" {
		return c.Bool(flag), nil
	}
	off, err := strconv.ParseBool(text)
	if err != nil {
		return false, usage("%s is %q; it is true or false", noDaemonVariable, text)
	}
	return off, nil
}

// startLoops starts what goes on without a request, unless the process is to do
// without. Every loop belongs here, so that --no-daemon leaves all of them out.
func (l *location) startLoops() {
	if l.daemonless {
		l.log.Info("no background loops", "because", "--no-daemon")
		return
	}
	l.loops = []loop{
		daemon.NewFolder(daemon.FoldConfig{Location: l.state(), Graph: l.graph, Logger: l.log}),
		retention.NewLoop(retention.LoopConfig{
			Sweeper: l.sweeper, Interval: l.retention.interval, Logger: l.log,
		}),
	}
	for _, each := range l.loops {
		each.Start()
	}
}

// stopLoops ends what startLoops started.
func (l *location) stopLoops() {
	for _, each := range l.loops {
		each.Stop()
	}
}
