package app

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/command"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
)

// runArgument explains how runs are named.
const runArgument = "A run is named by its id, by the first characters of it, or by the word latest."

func (p *program) runsCommand() *cli.Command {
	subs := []*cli.Command{
		p.runsListCommand(), p.runsGetCommand(), p.runsWatchCommand(), p.runsCancelCommand(),
		p.rerunCommand("rerun", false), p.rerunCommand("retry", true), p.runsDeleteCommand(),
	}
	return &cli.Command{
		Name: "runs", Usage: "list, follow, cancel, repeat and delete runs", Subcommands: subs,
		Action: func(c *cli.Context) error { return group(c, subs) },
	}
}

func (p *program) runsListCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "list runs, newest first",
		Description: "Lists the runs of a code location. All conditions must hold. JSON is a ListRunsResponse.",
		Flags: append(connectionFlags(),
			&cli.StringSliceFlag{Name: "status", Usage: "queued, starting, running, succeeded, failed or canceled; repeatable"},
			&cli.StringFlag{Name: "asset", Usage: "runs that compute this `ASSET`"},
			&cli.StringFlag{Name: "partition", Aliases: []string{"p"}, Usage: "runs with a step for this `KEY`"},
			&cli.StringFlag{Name: "launcher", Usage: "manual, schedule, sensor, backfill or condition"},
			&cli.StringSliceFlag{Name: "tag", Usage: "a `KEY=VALUE`, or a KEY alone for any value; repeatable"},
			&cli.StringFlag{Name: "filter", Usage: "a filter of the API, such as 'create_time >= \"2001-01-01T00:00:00Z\"'"},
			&cli.IntFlag{Name: "limit", Aliases: []string{"n"}, Value: 20, Usage: "the most runs; 0 means all"},
			outputFlag(formats)),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 0); err != nil {
				return err
			}
			if c.Int("limit") < 0 {
				return exit.Usagef("--limit %d: there is no such number of runs", c.Int("limit"))
			}
			return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
				return command.ListRuns{Runs: s.runs, Assets: s.assets, Notes: p.env.Err, Printer: out, Now: p.env.Now, Limit: c.Int("limit"), Filter: command.RunFilter{
					Status: c.StringSlice("status"), Asset: c.String("asset"), Partition: c.String("partition"),
					Launcher: c.String("launcher"), Tags: c.StringSlice("tag"), Raw: c.String("filter"),
				}}.Run(ctx)
			})
		},
	}
}

// withRun runs f with the whole id of the run that the only argument names.
func (p *program) withRun(c *cli.Context, f func(ctx context.Context, s *session, out output.Printer, id string) error) error {
	if err := arguments(c, 1, 1); err != nil {
		return err
	}
	return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
		id, err := command.RunID(ctx, s.runs, c.Args().First())
		if err != nil {
			return err
		}
		return f(ctx, s, out, id)
	})
}

func (p *program) runsGetCommand() *cli.Command {
	return &cli.Command{
		Name: "get", Usage: "show one run", ArgsUsage: "RUN", Description: runArgument + " JSON is a Run.",
		Flags: append(connectionFlags(), outputFlag(formats)),
		Action: func(c *cli.Context) error {
			return p.withRun(c, func(ctx context.Context, s *session, out output.Printer, id string) error {
				return command.GetRun{Runs: s.runs, Printer: out, Now: p.env.Now, ID: id}.Run(ctx)
			})
		},
	}
}

func (p *program) runsWatchCommand() *cli.Command {
	return &cli.Command{
		Name: "watch", Usage: "show a run until it ends", ArgsUsage: "RUN",
		Description: runArgument + " Exits 1 unless the run succeeds. Ctrl-C leaves the run going.",
		Flags:       append(connectionFlags(), outputFlag(formats)),
		Action: func(c *cli.Context) error {
			return p.withRun(c, func(ctx context.Context, s *session, out output.Printer, id string) error {
				f := p.follow(s, out)
				f.ID = id
				return f.Run(ctx)
			})
		},
	}
}

// ids returns the whole ids of the runs that the arguments name.
func (s *session) ids(ctx context.Context, words []string) ([]string, error) {
	var ids []string
	for _, w := range words {
		id, err := command.RunID(ctx, s.runs, w)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (p *program) runsCancelCommand() *cli.Command {
	return &cli.Command{
		Name: "cancel", Usage: "ask for the end of runs", ArgsUsage: "RUN…",
		Description: runArgument + " Says of each whether it took effect; a run that had ended already is no error. JSON is a CancelRunResponse for each.",
		Flags:       append(connectionFlags(), outputFlag(formats)),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, -1); err != nil {
				return err
			}
			return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
				ids, err := s.ids(ctx, c.Args().Slice())
				if err != nil {
					return err
				}
				return command.CancelRuns{Runs: s.runs, Printer: out, IDs: ids, NewID: newID}.Run(ctx)
			})
		},
	}
}

func (p *program) rerunCommand(name string, fromFailure bool) *cli.Command {
	usage, about := "start a run again", "Starts a new run of everything that an older one was asked for. "
	if fromFailure {
		usage, about = "repeat what did not succeed in a run", "Starts a new run of the steps that did not succeed, which reads the values of the older run for the others. "
	}
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "RUN", Description: about + runArgument + " JSON is a RerunRunResponse, or with --wait the Run.",
		Flags: append(connectionFlags(), waitFlag(), requestFlag(), outputFlag(formats)),
		Action: func(c *cli.Context) error {
			request, err := requestID(c)
			if err != nil {
				return err
			}
			return p.withRun(c, func(ctx context.Context, s *session, out output.Printer, id string) error {
				r := command.Rerun{Runs: s.runs, Printer: out, ID: id, FromFailure: fromFailure, RequestID: request}
				if c.Bool("wait") {
					r.Follow = p.follow(s, out)
				}
				return r.Run(ctx)
			})
		},
	}
}

func (p *program) runsDeleteCommand() *cli.Command {
	return &cli.Command{
		Name: "delete", Usage: "delete runs that have ended", ArgsUsage: "RUN…",
		Description: "Deletes runs with their events and logs; what they materialized stays known. " + runArgument +
			" Asks first on a terminal; elsewhere --yes is needed. A run that cannot be deleted does not keep the others. JSON is an object with run and deleted for each.",
		Flags: append(connectionFlags(), &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"}, outputFlag(formats)),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, -1); err != nil {
				return err
			}
			if !c.Bool("yes") && !p.env.Asks {
				return exit.Usagef("deleting runs needs --yes where nobody can be asked")
			}
			return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
				ids, err := s.ids(ctx, c.Args().Slice())
				if err != nil {
					return err
				}
				d := command.DeleteRuns{Runs: s.runs, Printer: out, IDs: ids, NewID: newID}
				if !c.Bool("yes") {
					d.Confirm = p.ask(ctx)
				}
				return d.Run(ctx)
			})
		},
	}
}

// ask makes what puts a question to the person; only yes is yes. Ctrl-C is no.
func (p *program) ask(ctx context.Context) func(question string) (bool, error) {
	return func(question string) (bool, error) {
		if _, err := fmt.Fprint(p.env.Err, question+" [y/N] "); err != nil {
			return false, err
		}
		answers := make(chan string, 1)
		go func() { // a read cannot be interrupted: it ends with the process
			line, _ := bufio.NewReader(p.env.In).ReadString('\n')
			answers <- strings.ToLower(strings.TrimSpace(line))
		}()
		select {
		case answer := <-answers:
			return answer == "y" || answer == "yes", nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}
