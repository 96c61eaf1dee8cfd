package app

import (
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strconv"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/dev"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/project"
	"rivers.io/cli/riversctl/settings"
	"rivers.io/internal/ports"
)

func (p *program) devCommand() *cli.Command {
	return &cli.Command{
		Name: "dev", Usage: "run a pipeline here, and reload it whenever a source is saved", ArgsUsage: "[PATH]",
		Description: "Builds the pipeline and runs it with its web UI, REST and registry, all on this machine; prints the addresses once it serves. PATH is the directory of the main package, or a directory followed by /..., by default module.path.\n" +
			"Saving a source, go.mod or an embedded file builds again. The new build starts beside the old one and takes its place once it serves; the old one finishes the runs it has begun, for up to ten minutes. While a build fails the one before it goes on serving, and the error is shown here and on every page. The pipeline runs in the directory of its main package.\n" +
			"A default port that is taken gives way to the next free one; a port that was asked for does not. State is kept in .rivers in the directory of the pipeline's go.mod.\n" +
			"Ctrl-C stops everything; runs that were under way go on at the next start, unless it is --ephemeral. A second Ctrl-C kills.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "host", Usage: "the `ADDRESS` to listen on", Value: "127.0.0.1"},
			&cli.IntFlag{Name: "port", Usage: "the port of the web UI and of REST", Value: 3000},
			&cli.IntFlag{Name: "grpc-port", Usage: "the port of the pipeline's first build", Value: 3001},
			&cli.IntFlag{Name: "registry-port", Usage: "the port of the registry", Value: 50052},
			stateDirFlag(),
			&cli.StringFlag{Name: "storage-path", Usage: "the database `FILE`; by default rivers.db in the state directory"},
			&cli.StringFlag{Name: "values-url", Usage: "the blob store of values as a `URL`; by default values in the state directory"},
			&cli.BoolFlag{Name: "ephemeral", Usage: "keep nothing: use a temporary state directory and remove it at the end"},
			moduleFlag(),
			&cli.BoolFlag{Name: "verbose", Usage: "log what rivers does inside of both processes"},
		},
		Action: p.dev,
	}
}

func (p *program) dev(c *cli.Context) (err error) {
	t, err := p.pipeline(c.Context, c)
	if err != nil {
		return err
	}
	cfg := dev.Config{
		Target: t, Module: c.String("module"), Go: p.goCommand(), Env: p.env.Environ,
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
		if c.IsSet("state-dir") || c.IsSet("storage-path") {
			return exit.Usagef("--ephemeral keeps nothing, so it goes with neither --state-dir nor --storage-path")
		}
		dir, remove, err := dev.Ephemeral()
		if err != nil {
			return err
		}
		cfg.StateDir, cfg.Storage, cfg.Ephemeral = dir, "", true
		return errors.Join(dev.Run(c.Context, cfg), remove())
	}
	return dev.Run(c.Context, cfg)
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
	if v := choose(c, "storage-path", set["storage.path"]); v.Text != "" {
		cfg.Storage = p.abs(v.Text)
	}
	cfg.Values = choose(c, "values-url", set["values.url"]).Text
	cfg.StateDir = filepath.Join(cfg.Target.ModuleDir, project.DirName)
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
