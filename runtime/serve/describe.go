package serve

import (
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"rivers.io/runtime/asset"
)

// description is what `describe` prints.
type description struct {
	Name        string             `json:"name"`
	Hash        string             `json:"hash"`
	Definitions []asset.Definition `json:"definitions"`
}

func (p *program) describeCommand() *cli.Command {
	return &cli.Command{
		Name:  "describe",
		Usage: "print what the pipeline declares",
		Flags: []cli.Flag{moduleFlag(), &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "json", Usage: "json or name"}},
		Action: func(c *cli.Context) error {
			repo, err := p.repository(c)
			if err != nil {
				return err
			}
			graph, err := resolve(repo)
			if err != nil {
				return err
			}
			switch c.String("output") {
			case "json":
				enc := json.NewEncoder(p.out)
				enc.SetIndent("", "  ")
				return enc.Encode(description{repo.Name(), graph.Hash(), repo.Definitions()})
			case "name":
				for _, d := range repo.Definitions() {
					fmt.Fprintln(p.out, d.Name)
				}
				return nil
			}
			return usage("unknown output %q; it is json or name", c.String("output"))
		},
	}
}

func (p *program) validateCommand() *cli.Command {
	return &cli.Command{
		Name:  "validate",
		Usage: "check the declarations; print every problem with its source line",
		Flags: []cli.Flag{moduleFlag()},
		Action: func(c *cli.Context) error {
			repo, err := p.repository(c)
			if err != nil {
				return err
			}
			if _, err := resolve(repo); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s: %s, no problems\n", repo.Name(), count(len(repo.Definitions()), "asset"))
			return nil
		},
	}
}

// count writes a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprint(n, " ", what, "s")
}
