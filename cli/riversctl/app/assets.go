package app

import (
	"context"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/command"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
)

func (p *program) listCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "list the assets", ArgsUsage: "[SELECTION]",
		Description: "Lists the assets of a code location in declaration order, all or those of a selection such as '+report', 'group:ingest' or 'kind:parquet'.\n" +
			"STATUS is the newest that happened: materialized, failed or missing. JSON is a ListAssetsResponse.",
		Flags: append(connectionFlags(), outputFlag(formats)),
		Action: func(c *cli.Context) error {
			return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
				return command.List{Assets: s.assets, Printer: out, Now: p.env.Now, Selection: selection(c.Args().Slice())}.Run(ctx)
			})
		},
	}
}

func (p *program) getCommand() *cli.Command {
	return &cli.Command{
		Name: "get", Usage: "show one asset", ArgsUsage: "ASSET",
		Description: "Shows what an asset declares and what is known about it: its newest materialization with metadata, its partitions by state, its newest failure. JSON is an Asset.",
		Flags:       append(connectionFlags(), outputFlag(formats)),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1); err != nil {
				return err
			}
			return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
				return command.Get{Assets: s.assets, Partitions: s.partitions, Printer: out, Now: p.env.Now, Asset: c.Args().First()}.Run(ctx)
			})
		},
	}
}

func (p *program) graphCommand() *cli.Command {
	return &cli.Command{
		Name: "graph", Usage: "show the lineage", ArgsUsage: "[SELECTION]",
		Description: "Prints the assets as a tree, each below its upstreams. An asset with several upstreams is written out below the first of them; a name followed by … was written out before.\n" +
			"With -o dot the graph is in the language of Graphviz. JSON is a GetGraphResponse.",
		Flags: append(connectionFlags(), outputFlag("the `FORMAT`: table, dot, json, yaml or name")),
		Action: func(c *cli.Context) error {
			dot := c.String("output") == "dot"
			if dot {
				if err := c.Set("output", string(output.Table)); err != nil {
					return err
				}
			}
			return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
				return command.Graph{Assets: s.assets, Printer: out, Selection: selection(c.Args().Slice()), Dot: dot}.Run(ctx)
			})
		},
	}
}

func (p *program) catCommand() *cli.Command {
	return &cli.Command{
		Name: "cat", Usage: "print a stored value", ArgsUsage: "ASSET",
		Description: "Prints the newest stored value of an asset or of one of its partitions: the first rows as a table, or with -o json every row as one line of JSON, or with -o yaml all rows as one list, or with -o raw the object as it is stored.",
		Flags: append(connectionFlags(),
			&cli.StringFlag{Name: "partition", Aliases: []string{"p"}, Usage: "the `KEY` of a partitioned asset"},
			&cli.StringFlag{Name: "run", Usage: "the value that this `RUN` recorded instead of the newest"},
			&cli.IntFlag{Name: "rows", Aliases: []string{"n"}, Usage: "the most rows; 0 means 20 in a table and all elsewhere"},
			outputFlag("the `FORM`: table, json, yaml or raw")),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1); err != nil {
				return err
			}
			form := command.CatForm(c.String("output"))
			switch form {
			case command.CatTable, command.CatJSON, command.CatYAML, command.CatRaw:
			default:
				return exit.Usagef("unknown output form %q: choose table, json, yaml or raw", form)
			}
			if c.Int("rows") < 0 {
				return exit.Usagef("--rows %d: there is no such number of rows", c.Int("rows"))
			}
			return p.cat(c, form)
		},
	}
}

func (p *program) cat(c *cli.Context, form command.CatForm) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	defer s.client.Close()
	run := c.String("run")
	if run != "" {
		if run, err = command.RunID(c.Context, s.runs, run); err != nil {
			return err
		}
	}
	return command.Cat{
		Assets: s.assets, W: p.env.Out, Asset: c.Args().First(), Partition: c.String("partition"),
		RunID: run, Rows: c.Int("rows"), Form: form,
	}.Run(c.Context)
}
