package argv_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"rivers.io/internal/argv"
)

// app has the shapes of commands and flags that matter.
var app = func() *cli.App {
	output := &cli.StringFlag{Name: "output", Aliases: []string{"o"}}
	return &cli.App{Commands: []*cli.Command{
		{Name: "materialize", Flags: []cli.Flag{&cli.StringSliceFlag{Name: "partition"}, &cli.BoolFlag{Name: "wait"}}},
		{Name: "list", Flags: []cli.Flag{output}},
		{Name: "get", Flags: []cli.Flag{output}},
		{Name: "runs", Subcommands: []*cli.Command{{Name: "list", Flags: []cli.Flag{&cli.IntFlag{Name: "limit"}}}}},
	}}
}()

func TestIntersperse(t *testing.T) {
	for _, test := range []struct{ reason, in, want string }{
		{"flags may follow arguments", "riversctl materialize aviation +report --partition a..b --wait",
			"riversctl materialize --partition a..b --wait aviation +report"},
		{"a value of a flag stays with it", "riversctl list report -o json", "riversctl list -o json report"},
		{"a value may be joined", "riversctl list report -o=json", "riversctl list -o=json report"},
		{"subcommands keep their place", "riversctl runs list --limit 3", "riversctl runs list --limit 3"},
		{"an argument that is also a command is an argument", "riversctl get list -o json", "riversctl get -o json list"},
		{"after -- all are arguments", "riversctl list -- -o", "riversctl list -- -o"},
		{"an unknown flag is left for the parser to refuse", "riversctl list x --nope", "riversctl list --nope x"},
		{"a flag at the end without its value is left alone", "riversctl list x -o", "riversctl list -o x"},
	} {
		got := argv.Intersperse(app, strings.Fields(test.in))
		if diff := cmp.Diff(strings.Fields(test.want), got); diff != "" {
			t.Errorf("%s:\n%s", test.reason, diff)
		}
	}
}
