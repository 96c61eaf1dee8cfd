package app

import (
	"strings"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/nearest"
)

// Name is the name of the program.
const Name = "riversctl"

// program holds what every command needs.
type program struct{ env Env }

// New builds the command line.
func New(e Env) *cli.App {
	p := &program{env: e}
	a := &cli.App{
		Name:                 Name,
		Usage:                "develop, run and inspect rivers pipelines",
		Version:              e.Version,
		HideVersion:          true, // there is a command for it
		HideHelpCommand:      true,
		EnableBashCompletion: true,
		Reader:               e.In,
		Writer:               e.Out,
		ErrWriter:            e.Err,
		ExitErrHandler:       func(*cli.Context, error) {}, // report says it once
		Action:               p.unknown,
		Commands: []*cli.Command{
			p.devCommand(), p.initCommand(), p.validateCommand(),
			p.listCommand(), p.getCommand(), p.staleCommand(), p.graphCommand(), p.catCommand(),
			p.materializeCommand(), p.runsCommand(), p.logsCommand(), p.valuesCommand(),
			p.contextCommand(), p.dbCommand(), p.versionCommand(), p.completionCommand(), p.referenceCommand(),
		},
	}
	a.OnUsageError = usageError
	prepare(a.Commands)
	return a
}

// prepare gives every command what all have in common.
func prepare(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = usageError
		c.HideHelpCommand = true
		prepare(c.Subcommands)
	}
}

func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
		var known []string
		for _, f := range flagsOf(c) {
			for _, n := range f.Names() {
				if len(n) > 1 {
					known = append(known, "--"+n)
				}
			}
		}
		name = strings.TrimLeft(name, "-")
		text = "unknown flag " + written(c, name)
		if meant, ok := nearest.To("--"+name, known); ok {
			text += "; did you mean " + meant + "?"
		}
	}
	return exit.Usagef("%s (see `%s --help`)", text, helpName(c))
}

// writtenKey finds the command line in the metadata of the application.
const writtenKey = "written"

// written returns a flag with the dashes that it was given with.
func written(c *cli.Context, name string) string {
	args, _ := c.App.Metadata[writtenKey].([]string)
	for _, arg := range args {
		flag, _, _ := strings.Cut(arg, "=")
		if strings.HasPrefix(flag, "-") && strings.TrimLeft(flag, "-") == name {
			return flag
		}
	}
	return "--" + name
}

// helpName is the whole name of the command: "riversctl runs list".
func helpName(c *cli.Context) string {
	if c.Command != nil && c.Command.HelpName != "" {
		return c.Command.HelpName
	}
	return c.App.Name
}

func flagsOf(c *cli.Context) []cli.Flag {
	if c.Command != nil && len(c.Command.Flags) > 0 {
		return c.Command.Flags
	}
	return c.App.Flags
}

// unknown is what the program does when no command is named.
func (p *program) unknown(c *cli.Context) error { return group(c, c.App.Commands) }

// group answers a command that only holds others.
func group(c *cli.Context, commands []*cli.Command) error {
	word := c.Args().First()
	if word == "" {
		return cli.ShowSubcommandHelp(c)
	}
	var names []string
	for _, sub := range commands {
		if !sub.Hidden {
			names = append(names, sub.Name)
		}
	}
	if meant, ok := nearest.To(word, names); ok {
		return exit.Usagef("unknown command %q; did you mean %s?", word, meant)
	}
	return exit.Usagef("unknown command %q; there is %s", word, strings.Join(names, ", "))
}

// arguments checks the number of positional arguments.
func arguments(c *cli.Context, least, most int) error {
	n := c.NArg()
	switch {
	case n < least:
		return exit.Usagef("%s needs %s (see `%s --help`)", c.Command.Name, c.Command.ArgsUsage, helpName(c))
	case most >= 0 && n > most:
		return exit.Usagef("%s takes no %q: too many arguments", c.Command.Name, c.Args().Get(most))
	}
	return nil
}

// pairs reads key=value flags.
func pairs(flag string, values []string) (map[string]string, error) {
	m := map[string]string{}
	for _, v := range values {
		key, value, ok := strings.Cut(v, "=")
		if !ok || key == "" {
			return nil, exit.Usagef("--%s %q: write key=value", flag, v)
		}
		if _, twice := m[key]; twice {
			return nil, exit.Usagef("--%s: %q is given twice", flag, key)
		}
		m[key] = value
	}
	return m, nil
}
