package app

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/command"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
)

func (p *program) valuesCommand() *cli.Command {
	subs := []*cli.Command{p.valuesPruneCommand()}
	return &cli.Command{
		Name: "values", Usage: "remove stored values that nothing refers to", Subcommands: subs,
		Action: func(c *cli.Context) error { return group(c, subs) },
	}
}

func (p *program) valuesPruneCommand() *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "remove stored values that nothing refers to", ArgsUsage: "[SELECTION]",
		Description: "Removes the stored values of all assets, or of a selection, that nothing refers to any more: those that no materialization published, and those whose run was deleted and that are not the newest of their key. The pipeline does so by itself, every hour unless it is told otherwise.\n" +
			"Values younger than the grace time stay, as do those that an active run may still publish and files that rivers did not write. Exits 1 when something could not be removed. JSON is a PruneValuesResponse for each asset.",
		Flags: append(connectionFlags(),
			&cli.DurationFlag{Name: "grace", Usage: "how long a value is left alone after it was written, such as 36h; by default the setting of the pipeline, which is 24h unless it is set"},
			&cli.BoolFlag{Name: "dry-run", Usage: "remove nothing, and say what would be removed"},
			outputFlag(formats)),
		Action: func(c *cli.Context) error {
			prune := command.PruneValues{Selection: selection(c.Args().Slice()), DryRun: c.Bool("dry-run")}
			if c.IsSet("grace") {
				grace := c.Duration("grace")
				if grace < 0 || grace > maxGrace {
					return exit.Usagef("--grace %s: choose 0s to %s", grace, maxGrace)
				}
				prune.Grace = &grace
			}
			return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
				prune.Assets, prune.Printer, prune.Notes = s.assets, out, p.env.Err
				return prune.Run(ctx)
			})
		},
	}
}

// maxGrace is the longest grace time that the API takes.
const maxGrace = 10 * 365 * 24 * time.Hour
