package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"rivers.io/internal/ports"
	"rivers.io/runtime/daemon/retention"
	"rivers.io/runtime/server"
	"rivers.io/runtime/store"
)

func (p *program) serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "serve the pipeline: gRPC and REST, and the executor of its runs",
		Flags: append(slices.Concat(engineFlags(), timeFlags(), retentionFlags()),
			&cli.StringFlag{Name: "host", Value: "127.0.0.1", Usage: "address to listen on"},
			&cli.IntFlag{Name: "grpc-port", Value: 3001, Usage: "port of gRPC and REST; 0 picks one; the default gives way to the next free one (RIVERS_SERVER_GRPC_PORT)"},
			&cli.StringFlag{Name: "namespace", Value: "local", Usage: "namespace of the location (RIVERS_NAMESPACE)"},
			&cli.StringFlag{Name: "token-file", Usage: "file that holds the token which callers must present (RIVERS_LOCATION_TOKEN_FILE)"},
			&cli.StringFlag{Name: "announce", Usage: "file to write where and what this process serves, once it does"},
			&cli.StringFlag{Name: "log-format", Value: "text", Usage: "text or json"},
			&cli.StringFlag{Name: "log-level", Value: "info", Usage: "debug, info, warn or error"},
			&cli.BoolFlag{Name: "no-daemon", Usage: "do without the background loops; runs are carried out all the same (RIVERS_NO_DAEMON)"},
			&cli.BoolFlag{Name: "no-capture", Usage: "do not record what user code prints past its context"},
		),
		Action: p.serve,
	}
}

// serve runs until a signal, a fatal error of the executor, or a schema that
// rose past this build.
func (p *program) serve(c *cli.Context) error {
	repo, err := p.repository(c)
	if err != nil {
		return err
	}
	s, err := p.settings(c, repo)
	if err != nil {
		return err
	}
	if s.times, err = p.times(c); err != nil {
		return err
	}
	log, err := p.logger(c)
	if err != nil {
		return err
	}
	times, err := p.retentionTimes(c)
	if err != nil {
		return err
	}
	token, err := p.token(c)
	if err != nil {
		return err
	}
	daemonless, err := p.noDaemon(c)
	if err != nil {
		return err
	}
	lis, err := p.listen(c, log)
	if err != nil {
		return err
	}
	e, err := p.open(c.Context, repo, s, log)
	if err != nil {
		_ = lis.Close()
		return err
	}
	l := &location{program: p, engine: e, listener: lis, cli: c, settings: s, token: token, daemonless: daemonless, retention: times}
	return l.run(c.Context)
}

// location is one serving process.
type location struct {
	*program
	*engine
	listener net.Listener
	cli      *cli.Context
	settings settings
	token    string
	server   *server.Server
	// daemonless leaves the loops out; loops are those that run.
	daemonless bool
	loops      []loop
	retention  retentionTimes
	sweeper    *retention.Sweeper
}

// run starts everything, waits for a reason to end, and ends in order.
func (l *location) run(ctx context.Context) error {
	dog := &watchdog{log: l.log}
	defer dog.stop()
	defer func() {
		dog.at("executor, resources or store")
		l.engine.close()
	}()
	capture, err := l.capture()
	if err != nil {
		return err
	}
	defer func() {
		dog.at("process output")
		capture.Close()
	}()
	l.engine.settle = capture.Settle // before the executor starts
	served, err := l.start(ctx)
	if err != nil {
		_ = l.listener.Close()
		return err
	}
	reason := l.await(ctx, served)
	return errors.Join(reason, l.end(dog))
}

// start begins to serve and announces it. The catalogue is registered once nothing
// but serving is left to do: a build that fails to start must not replace that of
// the build which goes on.
func (l *location) start(ctx context.Context) (<-chan error, error) {
	figures, err := metrics(l.manager)
	if err != nil {
		return nil, err
	}
	l.sweeper = l.newSweeper(l.retention.grace)
	l.server, err = server.New(server.Config{
		Namespace: l.option(l.cli, "namespace", "RIVERS_NAMESPACE"), Name: l.settings.name,
		Image: l.build, Version: version(), Module: l.settings.module,
		State: l.state(), Graph: l.graph, Launcher: launcher{l.manager}, CheckConfig: l.host.CheckConfig, Values: values{l.values},
		Pruner: pruner{l.sweeper},
		Token:  l.token, Metrics: figures, Logger: l.log,
	})
	if err != nil {
		return nil, err
	}
	served := make(chan error, 1)
	go func() { served <- l.server.Serve(l.listener) }()
	if err := l.register(ctx, l.settings.name); err != nil {
		return nil, err
	}
	l.manager.Start()
	l.startLoops()
	l.server.SetReady(true)
	l.log.Info("serving", "location", l.settings.name, "address", l.listener.Addr().String(), "assets", l.graph.Len(), "database", l.store.Describe())
	if path := l.cli.String("announce"); path != "" {
		a := announcement{
			Name: l.settings.name, Module: l.settings.module, GRPC: l.listener.Addr().String(),
			PID: os.Getpid(), Build: l.build, Instance: l.engine.id,
		}
		if err := a.write(path); err != nil {
			return nil, err
		}
	}
	return served, nil
}

func (l *location) state() store.Location { return l.engine.location }

// await returns why the process should end; nil for a signal.
func (l *location) await(ctx context.Context, served <-chan error) error {
	incompatible := make(chan error, 1)
	go func() { incompatible <- l.store.AwaitIncompatible(ctx) }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-l.manager.Fatal():
			return err
		case err := <-served:
			return err
		case err := <-incompatible:
			if errors.Is(err, store.ErrSchema) {
				l.log.Error("the database moved on; draining", "error", err)
				return err
			}
			incompatible = nil // the watch ended otherwise, with ctx
		}
	}
}

// end drains and stops the server. The watchdog sees to what blocks once the runs
// had their time.
func (l *location) end(dog *watchdog) error {
	l.log.Info("draining", "runs", len(l.manager.Active()))
	l.server.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), l.settings.times.drain)
	defer cancel()
	defer context.AfterFunc(ctx, func() { dog.at("hand-over of runs") })()
	l.manager.Drain(ctx)
	dog.at("server")
	stop, cancelStop := context.WithTimeout(context.Background(), blocked/2)
	defer cancelStop()
	err := l.server.Stop(stop)
	dog.at("daemon")
	l.stopLoops()
	return err
}

// logger returns the process's own log. It goes to the real standard error, so
// that it is not taken for output of user code.
func (p *program) logger(c *cli.Context) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return nil, usage("unknown --log-level %q; it is debug, info, warn or error", c.String("log-level"))
	}
	to, err := beside(p.err)
	if err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: level}
	switch c.String("log-format") {
	case "text":
		return slog.New(slog.NewTextHandler(to, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(to, options)), nil
	}
	return nil, usage("unknown --log-format %q; it is text or json", c.String("log-format"))
}

// quietLogger tells warnings and errors alone.
func quietLogger(to io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// token reads the location token; a file that is named must hold one.
func (p *program) token(c *cli.Context) (string, error) {
	path := p.option(c, "token-file", "RIVERS_LOCATION_TOKEN_FILE")
	if path == "" {
		return "", nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("location token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if token == "" {
		return "", fmt.Errorf("location token: %s is empty", path)
	}
	return token, nil
}

// listen opens the port: one that was asked for or none, the default one or the
// next that is free.
func (p *program) listen(c *cli.Context, log *slog.Logger) (net.Listener, error) {
	const flag, variable = "grpc-port", "RIVERS_SERVER_GRPC_PORT"
	text := p.option(c, flag, variable)
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 65535 {
		return nil, usage("--%s %q is no port", flag, text)
	}
	given, _ := p.env(variable)
	wanted := ports.Wanted{Host: c.String("host"), Port: n, Fixed: c.IsSet(flag) || given != "", Flag: "--" + flag}
	lis, err := ports.Listen(wanted)
	if err != nil {
		return nil, fmt.Errorf("listen for gRPC and REST: %w", err)
	}
	if got := ports.Number(lis); n != 0 && got != n {
		log.Warn("the default port is taken", "port", n, "using", got, "chosen_by", wanted.Flag)
	}
	return lis, nil
}

// launcher hands runs to the executor.
type launcher struct {
	manager interface {
		Launch(run string) error
		Nudge(run string)
	}
}

// Launch implements server.Launcher.
func (l launcher) Launch(_ context.Context, run store.Run) error { return l.manager.Launch(run.ID) }

// Canceled implements server.Launcher.
func (l launcher) Canceled(run string) { l.manager.Nudge(run) }
