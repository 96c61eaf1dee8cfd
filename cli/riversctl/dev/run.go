package dev

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"rivers.io/cli/riversctl/child"
	"rivers.io/cli/riversctl/database"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/project"
	"rivers.io/cli/riversctl/supervise"
	"rivers.io/cli/riversctl/watch"
	"rivers.io/internal/ports"
)

// Run runs the pipeline until ctx ends. What was recorded stays; runs that were
// under way go on at the next start.
func Run(ctx context.Context, cfg Config) (err error) {
	state, err := project.Create(cfg.StateDir)
	if err != nil {
		return err
	}
	lock, err := state.Lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if err := state.RemoveDev(); err != nil {
		return err
	}
	if cfg.Database.Embedded() && cfg.Database.Path == "" {
		cfg.Database.Path = state.Database()
		cfg.Pages = cfg.Database
	}
	if cfg.Values == "" {
		cfg.Values = state.ValuesURL()
	}
	if err := database.Prepare(ctx, cfg.Database, cfg.Log, cfg.Ask); err != nil {
		return err
	}
	d := &dev{cfg: cfg, state: state, token: rand.Text(), console: &console{w: cfg.Out, farewell: farewell(cfg)}}
	if err := state.WriteToken(d.token); err != nil {
		return err
	}
	return d.run(ctx)
}

// farewell says what Ctrl-C does, and how commands find a state directory that is
// not in the project.
func farewell(cfg Config) string {
	if cfg.Ephemeral {
		return "Ctrl-C stops it and removes all that it kept; until then commands find it by --state-dir " + cfg.StateDir
	}
	return "Ctrl-C stops it; what runs then goes on at the next start."
}

// dev is one run of `riversctl dev`.
type dev struct {
	cfg      Config
	state    project.Dir
	token    string
	console  *console
	board    *Board
	control  *control
	listened listened
}

// listened are the open ports of this process.
type listened struct{ ui, registry net.Listener }

func (d *dev) listen() error {
	// The pipeline's port is tried first: it is taken by a child later.
	port, err := ports.Free(d.cfg.GRPC)
	if err != nil {
		return portError(err)
	}
	d.moved(d.cfg.GRPC, port)
	d.cfg.GRPC.Port = port
	if d.listened.ui, err = ports.Listen(d.cfg.UI); err != nil {
		return portError(err)
	}
	d.moved(d.cfg.UI, ports.Number(d.listened.ui))
	if d.listened.registry, err = ports.Listen(d.cfg.Registry); err != nil {
		return errors.Join(portError(err), d.listened.ui.Close())
	}
	d.moved(d.cfg.Registry, ports.Number(d.listened.registry))
	return nil
}

// portError makes a taken port a failure, and an address that cannot be listened on
// an error of the command line.
func portError(err error) error {
	var taken *ports.TakenError
	if errors.As(err, &taken) {
		return &exit.Error{Code: exit.Failed, Err: err}
	}
	return exit.Usagef("%w", err)
}

func (d *dev) moved(w ports.Wanted, port int) {
	if w.Port != 0 && w.Port != port {
		d.console.print("port %d is taken, using %d (%s chooses one)", w.Port, port, w.Flag)
	}
}

func (d *dev) run(ctx context.Context) (err error) {
	if err := d.listen(); err != nil {
		return err
	}
	feed := newFeed()
	d.board = NewBoard(d.cfg.Target.Base(), d.state.Identity, feed.set)
	d.control, err = newControl(ctx, d.cfg, controlParts{
		board: d.board, feed: feed, token: d.token, ui: d.listened.ui, registry: d.listened.registry,
	})
	if err != nil {
		return errors.Join(err, d.listened.ui.Close(), d.listened.registry.Close())
	}
	defer func() { err = errors.Join(err, d.control.stop()) }()
	if err := d.announce(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.state.RemoveDev()) }()
	return d.supervise(ctx)
}

func (d *dev) url() string { return "http://" + d.listened.ui.Addr().String() }

func (d *dev) announce() error {
	d.console.addresses = d.addresses
	found := project.Dev{
		PID: os.Getpid(), URL: d.url(), Registry: d.listened.registry.Addr().String(), Token: d.token,
		Namespace: project.Namespace, Project: d.cfg.Target.ModuleDir, Started: time.Now().UTC(),
	}
	if err := d.state.WriteDev(found); err != nil {
		return err
	}
	if d.cfg.Announced != nil {
		d.cfg.Announced(found)
	}
	return nil
}

func (d *dev) addresses() []string {
	e := d.board.List()[0]
	lines := []string{
		"UI        " + d.url(),
		fmt.Sprintf("REST      %s/v1/namespaces/%s/codeLocations/%s", d.url(), e.Namespace, e.Name),
		"pipeline  " + e.Endpoint,
		"registry  " + d.listened.registry.Addr().String(),
		"state     " + string(d.state),
	}
	if !d.cfg.Database.Embedded() {
		lines = append(lines, "database  "+d.cfg.Database.String())
	}
	return lines
}

// supervise builds and serves until ctx ends, then stops what serves. The servers
// of this process are told first, so that pages say what is going on.
func (d *dev) supervise(ctx context.Context) (err error) {
	files, err := watch.New(d.cfg.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	spawner := child.NewSpawner()
	defer spawner.Close()
	s := supervise.New(supervise.Config{
		Builder: &builder{
			gocmd: d.cfg.Go, target: d.cfg.Target, bin: d.state.Bin(), module: d.cfg.Module, env: d.cfg.Env,
			watch: files, log: d.cfg.Log, console: d.console,
		},
		Launcher: &launcher{
			spawner: spawner, state: d.state, dir: d.cfg.Target.Dir, env: d.cfg.Env, module: d.cfg.Module,
			values: d.cfg.Values, database: d.cfg.Database, port: d.cfg.GRPC, console: d.console,
			logLevel: level(d.cfg.Verbose), noDaemon: d.cfg.NoDaemon,
		},
		Publisher: d.board,
		Report:    func(st supervise.Status) { d.board.Report(st); d.console.report(st) },
		Changes:   files.Changes(),
		Hurry:     d.cfg.Hurry,
	})
	stopping := context.AfterFunc(ctx, func() { d.console.print("\nstopping … (Ctrl-C again kills)") })
	defer stopping()
	s.Run(ctx)
	return nil
}

// level is how much the pipeline's own log tells: what it does, or what goes wrong.
func level(verbose bool) string {
	if verbose {
		return "debug"
	}
	return "warn"
}

// Ephemeral makes a state directory that remove takes away with all it holds.
func Ephemeral() (dir string, remove func() error, err error) {
	parent, err := os.MkdirTemp("", "rivers-dev-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(parent, project.DirName), func() error { return os.RemoveAll(parent) }, nil
}
