// Package argv reads command lines the way people write them: flags and arguments in
// any order, which the command-line library alone does not do. It must never know a
// command of any program.
package argv

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Intersperse moves the flags of each command before its arguments, so that both
// may be written in any order. After "--" everything is an argument.
func Intersperse(a *cli.App, args []string) []string {
	if len(args) == 0 {
		return args
	}
	out := args[:1:1]
	flags, commands := a.Flags, a.Commands
	var words []string
	rest := args[1:]
	for len(rest) > 0 {
		arg := rest[0]
		rest = rest[1:]
		switch {
		case arg == "--":
			words = append(words, rest...)
			rest = nil
		case len(arg) > 1 && arg[0] == '-':
			out = append(out, arg)
			if takesValue(flags, arg) && len(rest) > 0 {
				out = append(out, rest[0])
				rest = rest[1:]
			}
		default:
			if sub := find(commands, arg); sub != nil && len(words) == 0 {
				out = append(out, arg)
				flags, commands = sub.Flags, sub.Subcommands
				continue
			}
			words = append(words, arg)
		}
	}
	if len(words) > 0 && strings.HasPrefix(words[0], "-") {
		out = append(out, "--")
	}
	return append(out, words...)
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// takesValue reports whether the next word belongs to the flag.
func takesValue(flags []cli.Flag, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}
