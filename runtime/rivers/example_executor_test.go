package rivers_test

import (
	"fmt"
	"os"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// Executor gives the steps of one asset a process of their own, for code that may
// crash, or that changes what belongs to a whole process. Tests run the function
// where they are.
func ExampleExecutor() {
	native := rivers.NewAsset("native", func(*rivers.Context) (string, error) {
		return "done", os.Chdir("data") // changes the whole process
	}, rivers.Executor(rivers.Subprocess))
	other := rivers.NewAsset("other", func(*rivers.Context) (int, error) { return 1, nil })

	repo := rivers.NewRepository("site", rivers.Assets(native, other))
	for _, d := range repo.Definitions() {
		fmt.Printf("%s %q\n", d.Name, d.Executor)
	}
	// Output:
	// native "subprocess"
	// other ""
}

// What a function writes by its context belongs to its attempt: the run's page
// and `riversctl runs logs` show it by step and stream.
func ExampleContext_Stdout() {
	count := rivers.NewAsset("count", func(ctx *rivers.Context) (int, error) {
		fmt.Fprintln(ctx.Stdout(), "counting")
		fmt.Fprintln(ctx.Stderr(), "one line is empty")
		ctx.Logger.Info("counted", "lines", 3)
		return 3, nil
	})

	riverstest.Example(func(t testing.TB) {
		_, result := riverstest.Run(t, count)
		fmt.Print(result.Stdout, result.Stderr)
		for _, r := range result.Log {
			fmt.Println(r.Level, r.Message, r.Attrs)
		}
	})
	// Output:
	// counting
	// one line is empty
	// INFO counted map[lines:3]
}
