package serve

import (
	"fmt"
	"log/slog"

	"github.com/urfave/cli/v2"

	"rivers.io/runtime/executor/subprocess"
	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/rivers"
)

// executeStepCommand is the child's side of the subprocess executor.
func (p *program) executeStepCommand() *cli.Command {
	return &cli.Command{
		Name:   "execute-step",
		Usage:  "carry out one step for the executor that started this process",
		Hidden: true,
		Flags:  []cli.Flag{moduleFlag()},
		Action: func(c *cli.Context) error {
			repo, err := p.repository(c)
			if err != nil {
				return err
			}
			url, _ := p.env("RIVERS_VALUES_URL")
			if url == "" {
				return usage("execute-step is started by an executor only, for one step; materialize computes assets")
			}
			values, err := iohandler.OpenBlob(c.Context, url)
			if err != nil {
				return err
			}
			defer func() { _ = values.Close() }()
			log := slog.New(slog.NewTextHandler(p.err, nil))
			h := rivers.NewHost(repo, rivers.HostConfig{Handler: values, Getenv: p.env, Logger: log})
			if err := h.Setup(c.Context); err != nil {
				return fmt.Errorf("set up resources: %w", err)
			}
			defer func() { _ = h.Close() }()
			return subprocess.Serve(c.Context, h)
		},
	}
}
