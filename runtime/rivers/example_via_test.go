package rivers_test

import (
	"fmt"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// Via loads one input by another handler than the one that wrote the value:
// here what is known about a text, without reading it.
func ExampleVia() {
	labels := rivers.HandlerFor("labels",
		func(*rivers.OutputContext, string) (rivers.Ref, error) { return rivers.Ref{}, nil },
		func(ctx *rivers.InputContext) (string, error) {
			return fmt.Sprintf("%s, version %s", ctx.Upstream, ctx.DataVersion), nil
		})
	text := rivers.NewAsset("text", func(*rivers.Context) (string, error) { return "a long text", nil })
	label := rivers.NewAsset1("label", rivers.Via(text, labels), func(_ *rivers.Context, s string) (string, error) { return s, nil })

	riverstest.Example(func(t testing.TB) {
		got, _ := riverstest.Run(t, label, riverstest.Input(text, "given"))
		fmt.Println(got)
	})
	// Output: text, version given
}
