package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/urfave/cli/v2"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/executor"
	"rivers.io/runtime/executor/subprocess"
	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

// settings are the flags that every command with an engine has.
type settings struct {
	database    driver.Database
	valuesURL   string
	id          string
	name        string
	worker      event.Worker
	parallelism int
	module      string
	// ownRunsOnly leaves the runs of other processes alone.
	ownRunsOnly bool
	// times are those of the executor.
	times times
}

func engineFlags() []cli.Flag {
	return append(databaseFlags(),
		moduleFlag(),
		&cli.StringFlag{Name: valueFlag, Usage: "blob store of values (RIVERS_VALUES_URL); default: values beside an embedded database"},
		&cli.StringFlag{Name: "id", Usage: "identity of the location (RIVERS_CODE_LOCATION_ID); default: its name"},
		&cli.StringFlag{Name: "name", Usage: "name of the location (RIVERS_CODE_LOCATION_NAME); default: the repository's"},
		&cli.StringFlag{Name: "executor", Value: "inprocess", Usage: "where steps run by default: inprocess or subprocess"},
		&cli.IntFlag{Name: "parallelism", Usage: "attempts that run at once; default: CPUs"},
	)
}

func (p *program) settings(c *cli.Context, repo *rivers.Repository) (settings, error) {
	s := settings{
		valuesURL:   p.option(c, valueFlag, "RIVERS_VALUES_URL"),
		id:          p.option(c, "id", "RIVERS_CODE_LOCATION_ID"),
		name:        p.option(c, "name", "RIVERS_CODE_LOCATION_NAME"),
		worker:      event.Worker(c.String("executor")),
		parallelism: c.Int("parallelism"),
		module:      repo.Name(),
	}
	if s.name == "" {
		s.name = repo.Name()
	}
	if s.id == "" {
		s.id = s.name
	}
	var err error
	if s.database, err = p.database(c); err != nil {
		return s, err
	}
	if s.valuesURL == "" && !c.Bool("memory") {
		if s.valuesURL, err = valuesBeside(s.database); err != nil {
			return s, err
		}
	}
	if s.worker != event.InProcess && s.worker != event.Subprocess {
		return s, usage("unknown --executor %q; it is inprocess or subprocess", s.worker)
	}
	if s.parallelism < 0 {
		return s, usage("--parallelism %d is negative", s.parallelism)
	}
	return s, nil
}

// resolve builds the graph; its error lists every problem.
func resolve(repo *rivers.Repository) (*asset.Graph, error) {
	graph, err := repo.Graph()
	if err != nil {
		return nil, fmt.Errorf("pipeline %s cannot be resolved:\n%w", repo.Name(), err)
	}
	return graph, nil
}

// engine is everything of a location but its server.
type engine struct {
	repo     *rivers.Repository
	graph    *asset.Graph
	store    driver.Store
	location store.Location
	values   *iohandler.Blob
	host     *rivers.Host
	manager  *executor.Manager
	owner    io.Closer
	settle   func() // waits for captured output; nil where none is captured
	id       string
	database uuid.UUID // identity of the database
	build    string
	log      *slog.Logger
}

// open builds the engine. What it opened before an error is closed again.
func (p *program) open(ctx context.Context, repo *rivers.Repository, s settings, log *slog.Logger) (_ *engine, err error) {
	e := &engine{repo: repo, id: uuid.Must(uuid.NewV7()).String(), build: p.buildID(), log: log}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if e.graph, err = resolve(repo); err != nil {
		return nil, err
	}
	if e.store, err = openDatabase(ctx, s.database, log); err != nil {
		return nil, err
	}
	e.location = e.store.Location(s.id)
	if e.values, err = iohandler.OpenBlob(ctx, s.valuesURL); err != nil {
		return nil, unreachable(err)
	}
	if err := e.claim(ctx); err != nil {
		return nil, unreachable(err)
	}
	e.host = rivers.NewHost(repo, rivers.HostConfig{Handler: e.values, Getenv: p.env, Logger: log})
	if err := e.host.Setup(ctx); err != nil {
		return nil, fmt.Errorf("set up resources: %w", err)
	}
	if e.owner, err = e.store.HoldOwner(e.id); err != nil {
		return nil, err
	}
	children, err := p.subprocess(s, log)
	if err != nil {
		return nil, err
	}
	e.manager, err = executor.New(executor.Config{
		Location: e.location, Graph: e.graph, Host: e.host, Subprocess: children,
		Default: s.worker, ID: e.id, Image: e.build, Parallelism: s.parallelism, Retry: repo.DefaultRetryPolicy(), OwnRunsOnly: s.ownRunsOnly, Logger: log,
		Lease: s.times.lease, Renew: s.times.renew, Trust: s.times.trust, GiveUp: s.times.giveUp, CancelGrace: s.times.cancelGrace,
		SettleOutput: func() {
			if e.settle != nil {
				e.settle()
			}
		},
	})
	return e, err
}

// subprocess returns the host of child processes of this binary.
func (p *program) subprocess(s settings, log *slog.Logger) (*subprocess.Host, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's own file: %w", err)
	}
	return subprocess.New(subprocess.Config{
		Path:   path,
		Args:   []string{"execute-step", "--module", s.module},
		Env:    append(withoutLogin(os.Environ()), "RIVERS_VALUES_URL="+s.valuesURL),
		Logger: log,
	}), nil
}

// withoutLogin is an environment without the passwords of the database: a step
// never opens it.
func withoutLogin(environ []string) []string {
	return slices.DeleteFunc(environ, func(v string) bool {
		return strings.HasPrefix(v, driver.EnvPassword+"=") || strings.HasPrefix(v, driver.EnvViewerPassword+"=")
	})
}

// register records what the repository declares.
func (e *engine) register(ctx context.Context, name string) error {
	_, err := e.location.Register(ctx, store.Catalogue{
		Name: name, Image: e.build, Hash: e.graph.Hash(), Definitions: e.repo.Definitions(),
	})
	if err != nil {
		return fmt.Errorf("register the catalogue: %w", err)
	}
	return nil
}

// close ends everything in reverse order of its start.
func (e *engine) close() {
	if e.manager != nil {
		e.manager.Stop()
	}
	var errs []error
	if e.host != nil {
		errs = append(errs, e.host.Close())
	}
	if e.values != nil {
		errs = append(errs, e.values.Close())
	}
	if e.owner != nil {
		errs = append(errs, e.owner.Close())
	}
	if e.store != nil {
		errs = append(errs, e.store.Close())
	}
	if err := errors.Join(errs...); err != nil {
		e.log.Warn("closing", "error", err)
	}
}
