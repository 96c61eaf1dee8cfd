package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/dev"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/gobuild"
	"rivers.io/cli/riversctl/project"
	"rivers.io/cli/riversctl/scaffold"
	"rivers.io/cli/riversctl/settings"
	"rivers.io/internal/ports"
	"rivers.io/runtime/store/driver"
)

func (p *program) devCommand() *cli.Command {
	return &cli.Command{
		Name: "dev", Usage: "run a pipeline here, and reload it whenever a source is saved", ArgsUsage: "[PATH]",
		Description: "Builds the pipeline and runs it with its web UI, REST and registry, all on this machine; prints the addresses once it serves. PATH is the directory of the main package, or a directory followed by /..., by default module.path.\n" +
			"Saving a source, go.mod or an embedded file builds again. The new build starts beside the old one and takes its place once it serves; the old one finishes the runs it has begun, for up to ten minutes. While a build fails the one before it goes on serving, and the error is shown here and on every page. The pipeline runs in the directory of its main package.\n" +
			"--synthetic needs no PATH: it writes a pipeline of that many assets into the state directory, by default .rivers in the working directory, and runs it as any other; the assets compute small numbers, and a third of them have a key for each day of 2024.\n" +
			"--no-daemon leaves out what a pipeline does without being asked: gathering the states of partitions, and whatever else needs no request. Runs are carried out all the same, and pages and answers are right, only slower where keys are many.\n" +
			"With --surreal-endpoint the state is on a SurrealDB, which others may share. The pages read it directly: as the user of " + driver.EnvViewerUsername + " and " + driver.EnvViewerPassword + " where these are set, else as the pipeline's. Passwords are handed on by the environment alone. A database behind this build is migrated when you say yes.\n" +
			"A default port that is taken gives way to the next free one; a port that was asked for does not. State is kept in .rivers in the directory of the pipeline's go.mod.\n" +
			"Ctrl-C stops everything; runs that were under way go on at the next start, unless it is --ephemeral. A second Ctrl-C kills.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "host", Usage: "the `ADDRESS` to listen on", Value: "127.0.0.1"},
			&cli.IntFlag{Name: "port", Usage: "the port of the web UI and of REST", Value: 3000},
			&cli.IntFlag{Name: "grpc-port", Usage: "the port of the pipeline's first build", Value: 3001},
			&cli.IntFlag{Name: "registry-port", Usage: "the port of the registry", Value: 50052},
			stateDirFlag(),
			&cli.StringFlag{Name: "values-url", Usage: "the blob store of values as a `URL`; by default values in the state directory"},
			&cli.BoolFlag{Name: "ephemeral", Usage: "keep nothing: use a temporary state directory and remove it at the end"},
			moduleFlag(),
			&cli.StringFlag{Name: "synthetic", Usage: "run a made-up pipeline of so many assets instead: a `SIZE` of " + strings.Join(scaffold.SyntheticSizes, ", ") + ", or any number up to 50000"},
			&cli.StringFlag{Name: "rivers-dir", Usage: "a `DIRECTORY` with a checkout of rivers, for --synthetic"},
			&cli.BoolFlag{Name: "no-daemon", Usage: "do without the pipeline's background loops"},
			&cli.BoolFlag{Name: "verbose", Usage: "log what rivers does inside of both processes"},
		}, databaseFlags("the database `FILE`; by default rivers.db in the state directory")...),
		Action: p.dev,
	}
}

func (p *program) dev(c *cli.Context) (err error) {
	var t gobuild.Target
	assets := 0
	if c.IsSet("synthetic") {
		assets, err = p.syntheticSize(c)
	} else {
		t, err = p.pipeline(c.Context, c)
	}
	if err != nil {
		return err
	}
	cfg := dev.Config{
		Target: t, NoDaemon: c.Bool("no-daemon"), Module: c.String("module"), Go: p.goCommand(), Env: p.env.Environ,
		Out: p.env.Out, Log: p.logger(c), Hurry: p.env.Hurry, Version: p.env.Version, Verbose: c.Bool("verbose"),
	}
	if p.env.Asks {
		cfg.Ask = p.ask(c.Context)
	}
	set, err := p.settings()
	if err != nil {
		return err
	}
	if err := p.places(c, set, &cfg); err != nil {
		return err
	}
	if c.Bool("ephemeral") {
		for _, flag := range []string{"state-dir", "storage-path", "surreal-endpoint"} {
			if c.IsSet(flag) {
				return exit.Usagef("--ephemeral keeps nothing, so it goes without --%s", flag)
			}
		}
		dir, remove, err := dev.Ephemeral()
		if err != nil {
			return err
		}
		cfg.StateDir, cfg.Database, cfg.Pages, cfg.Ephemeral = dir, driver.Database{}, driver.Database{}, true
		return errors.Join(p.runDev(c, cfg, assets), remove())
	}
	return p.runDev(c, cfg, assets)
}

// runDev runs dev; when assets is not 0, on a made-up pipeline of so many.
func (p *program) runDev(c *cli.Context, cfg dev.Config, assets int) (err error) {
	if assets > 0 {
		if cfg.Target, err = p.synthetic(c, cfg.StateDir, assets); err != nil {
			return err
		}
	}
	return dev.Run(c.Context, cfg)
}

// syntheticSize reads --synthetic, which takes the place of a pipeline.
func (p *program) syntheticSize(c *cli.Context) (int, error) {
	if c.Args().Present() {
		return 0, exit.Usagef("--synthetic makes a pipeline up, so it goes with no PATH: leave %q or --synthetic out", c.Args().First())
	}
	n, err := scaffold.SyntheticSize(c.String("synthetic"))
	if err != nil {
		return 0, exit.Usagef("--synthetic %w", err)
	}
	return n, nil
}

// synthetic writes a made-up pipeline into the state directory and resolves it as
// any other.
func (p *program) synthetic(c *cli.Context, state string, assets int) (gobuild.Target, error) {
	source, err := p.riversSource(c)
	if err != nil {
		return gobuild.Target{}, err
	}
	made, err := project.Create(state)
	if err != nil {
		return gobuild.Target{}, err
	}
	dir, err := scaffold.Synthetic{Dir: made.Synthetic(), Assets: assets, Rivers: source, Go: p.goCommand()}.Write(c.Context)
	if err != nil {
		return gobuild.Target{}, fmt.Errorf("write the made-up pipeline: %w", err)
	}
	return p.goCommand().Resolve(c.Context, dir)
}

// places fills in addresses and directories: flags, then settings.
func (p *program) places(c *cli.Context, set settings.Values, cfg *dev.Config) error {
	host := choose(c, "host", set["server.host"]).Text
	if a, err := netip.ParseAddr(host); err != nil && host != "localhost" {
		return exit.Usagef("--host %q is no address: %w", host, err)
	} else if err == nil && !a.IsLoopback() {
		cfg.Log.Warn("everyone who reaches this address can run code of the pipeline: there is no login", "host", host)
	}
	for _, w := range []struct {
		flag, key string
		port      *ports.Wanted
	}{
		{"port", "server.port", &cfg.UI}, {"grpc-port", "server.grpc_port", &cfg.GRPC}, {"registry-port", "server.registry_port", &cfg.Registry},
	} {
		v := choose(c, w.flag, set[w.key])
		n := v.Int()
		if n < 0 || n > 65535 {
			return exit.Usagef("--%s %d is no port", w.flag, n)
		}
		*w.port = ports.Wanted{Host: host, Port: n, Fixed: v.Set(), Flag: "--" + w.flag}
	}
	var err error
	if cfg.Database, err = p.chooseDatabase(c, set); err != nil {
		return err
	}
	if cfg.Pages, err = cfg.Database.Viewer(p.getenv); err != nil {
		return exit.Usagef("%w", err)
	}
	cfg.Values = choose(c, "values-url", set["values.url"]).Text
	cfg.StateDir = filepath.Join(p.abs(cfg.Target.ModuleDir), project.DirName) // a made-up pipeline has no module yet
	if given := c.String("state-dir"); given != "" {
		cfg.StateDir = p.abs(given)
	}
	return nil
}

// choose prefers a flag that was given to the setting.
func choose(c *cli.Context, flag string, v settings.Value) settings.Value {
	if !c.IsSet(flag) {
		return v
	}
	if n, isInt := c.Value(flag).(int); isInt {
		return settings.Value{Text: strconv.Itoa(n), From: "--" + flag}
	}
	return settings.Value{Text: c.String(flag), From: "--" + flag}
}

func (p *program) logger(c *cli.Context) *slog.Logger {
	level := slog.LevelWarn
	if c.Bool("verbose") {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(p.env.Err, &slog.HandlerOptions{Level: level}))
}
