package app

import (
	"context"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/command"
	"rivers.io/cli/riversctl/output"
)

func (p *program) logsCommand() *cli.Command {
	return &cli.Command{
		Name: "logs", Usage: "print the logs of a run", ArgsUsage: "RUN",
		Description: "Prints what the steps of a run wrote, oldest first: standard output, standard error and structured records; and what the pipeline's process printed meanwhile. " + runArgument + " JSON is one LogLine a line.",
		Flags: append(connectionFlags(),
			&cli.StringFlag{Name: "step", Usage: "only this `STEP`: an asset, or asset[key]"},
			&cli.IntFlag{Name: "attempt", Usage: "only this attempt of the step"},
			&cli.StringSliceFlag{Name: "stream", Usage: "only stdout, stderr, log or process; repeatable"},
			&cli.StringFlag{Name: "level", Usage: "leave out records below debug, info, warn or error"},
			&cli.StringFlag{Name: "grep", Usage: "only lines that contain this `TEXT`"},
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on until the run has ended"},
			outputFlag(formats)),
		Action: func(c *cli.Context) error {
			filter, err := command.LogFilter(c.String("step"), c.Int("attempt"), c.StringSlice("stream"), c.String("level"), c.String("grep"))
			if err != nil {
				return err
			}
			return p.withRun(c, func(ctx context.Context, s *session, out output.Printer, id string) error {
				return command.Logs{Runs: s.runs, Printer: out, ID: id, Filter: filter, Follow: c.Bool("follow"), Notes: p.env.Err}.Run(ctx)
			})
		},
	}
}
