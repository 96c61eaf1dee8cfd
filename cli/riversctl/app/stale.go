package app

import (
	"context"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/command"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
)

// maxStaleKeys is how many keys of an asset the API judges at once at most.
const maxStaleKeys = 1000

func (p *program) staleCommand() *cli.Command {
	return &cli.Command{
		Name: "stale", Usage: "show what is stale or missing, and why", ArgsUsage: "[SELECTION]",
		Description: "Lists the assets that are not up to date with every cause: another code version, an upstream that changed, is stale itself or is missing. It is judged now and stored nowhere.\n" +
			"A partitioned asset is as bad as the worst of its judged keys: the one materialized last and those that have a value from the end on. KEYS says how many are stale and of how many that is known.\n" +
			"With --partitions the keys of one asset are judged one by one. JSON is a ListStalenessResponse, or a ListPartitionStalenessResponse, of what is listed.",
		Flags: append(connectionFlags(),
			&cli.StringFlag{Name: "partitions", Aliases: []string{"p"}, Usage: "judge these `KEYS` of one asset, such as 2001-01-01..2001-01-31, or all"},
			&cli.IntFlag{Name: "keys", Usage: "how many keys of each partitioned asset are judged, at most 1000; 0 means 100"},
			&cli.BoolFlag{Name: "all", Aliases: []string{"a"}, Usage: "list what is up to date too"},
			outputFlag(formats)),
		Action: p.stale,
	}
}

func (p *program) stale(c *cli.Context) error {
	if n := c.Int("keys"); n < 0 || n > maxStaleKeys {
		return exit.Usagef("--keys %d: it must be from 0 to %d", n, maxStaleKeys)
	}
	keys := c.String("partitions")
	if keys != "" {
		if err := arguments(c, 1, 1); err != nil {
			return err
		}
		if c.IsSet("keys") {
			return exit.Usagef("--keys and --partitions exclude each other: the latter says which keys are judged")
		}
	}
	return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
		if keys != "" {
			return command.StaleKeys{Partitions: s.partitions, Printer: out, Asset: c.Args().First(), Selection: keys, All: c.Bool("all")}.Run(ctx)
		}
		return command.Stale{
			Assets: s.assets, Printer: out, Selection: selection(c.Args().Slice()), Keys: c.Int("keys"), All: c.Bool("all"),
		}.Run(ctx)
	})
}
