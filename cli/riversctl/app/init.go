package app

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/scaffold"
)

func (p *program) initCommand() *cli.Command {
	return &cli.Command{
		Name: "init", Usage: "write a new pipeline", ArgsUsage: "DIR",
		Description: "Writes a module with one asset, one test and a main into an empty directory, and makes sure that it compiles. Until rivers has a release its go.mod has a replace to a checkout, which is found from this program, the working directory or --rivers-dir.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "module", Usage: "the `PATH` of the new module; by default example.com/ and the directory's name"},
			&cli.StringFlag{Name: "rivers-dir", Usage: "a `DIRECTORY` with a checkout of rivers"},
		},
		Action: p.init,
	}
}

func (p *program) init(c *cli.Context) error {
	if err := arguments(c, 1, 1); err != nil {
		return err
	}
	source, err := p.riversSource(c)
	if err != nil {
		return err
	}
	dir := p.abs(c.Args().First())
	r, err := scaffold.Write(c.Context, scaffold.Pipeline{Dir: dir, Module: c.String("module"), Rivers: source, Go: p.goCommand()})
	if err != nil {
		return err
	}
	show := c.Args().First()
	if rel, err := filepath.Rel(p.env.Dir, dir); err == nil && !strings.HasPrefix(rel, "..") {
		show = "./" + rel
	}
	text := fmt.Sprintf("wrote %s (module %s)\n", dir, r.Module)
	if r.Untidy != nil {
		text += fmt.Sprintf("go mod tidy failed, so go.mod lists more than is needed; the pipeline builds all the same:\n  %s\n",
			strings.ReplaceAll(r.Untidy.Error(), "\n", "\n  "))
	}
	_, err = fmt.Fprintf(p.env.Out, "%snext:\n  %s dev %s\n", text, Name, show)
	return err
}

// riversSource is the checkout that the flag names or that can be found, or the
// released version of this program.
func (p *program) riversSource(c *cli.Context) (scaffold.Source, error) {
	if given := c.String("rivers-dir"); given != "" {
		dir, err := scaffold.FindCheckout(p.abs(given))
		return scaffold.Source{Checkout: dir}, asUsage(err)
	}
	if strings.HasPrefix(p.env.Version, "v") && !strings.Contains(p.env.Version, "-") {
		return scaffold.Source{Version: p.env.Version}, nil
	}
	looked, err := p.goCommand().ModuleDir(c.Context, p.env.Dir, scaffold.RiversModule)
	if err != nil {
		looked = "" // the working directory is in no module that knows rivers
	}
	dir, err := scaffold.FindCheckout(p.env.Checkout, p.env.Dir, strings.TrimSpace(looked))
	return scaffold.Source{Checkout: dir}, asUsage(err)
}
