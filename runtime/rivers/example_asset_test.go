package rivers_test

import (
	"fmt"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// An asset is a name and a function that computes its value. An asset that
// consumes another takes the other's value as a parameter.
func ExampleNewAsset() {
	greeting := rivers.NewAsset("greeting", func(*rivers.Context) (string, error) {
		return "hello", nil
	})
	shout := rivers.NewAsset1("shout", greeting, func(_ *rivers.Context, text string) (string, error) {
		return text + "!", nil
	})

	repo := rivers.NewRepository("words", rivers.Assets(greeting, shout))
	riverstest.Example(func(t testing.TB) {
		out := riverstest.Graph(t, repo).Materialize("+shout")
		fmt.Println(riverstest.Value(out, shout, ""))
	})
	// Output: hello! true
}
