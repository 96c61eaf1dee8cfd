package rivers_test

import (
	"fmt"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// After orders assets without loading anything: the first writes to a place of
// its own and only records that it did.
func ExampleAfter() {
	table := rivers.NewAsset("table", func(*rivers.Context) (rivers.Materialization, error) {
		fmt.Println("load the table")
		return rivers.Materialization{Metadata: map[string]any{"rows": 3}, DataVersion: "load-17"}, nil
	})
	grants := rivers.NewAsset("grants", func(*rivers.Context) (rivers.Materialization, error) {
		fmt.Println("grant access to it")
		return rivers.Materialization{}, nil
	}, rivers.After(table))

	riverstest.Example(func(t testing.TB) {
		out := riverstest.Graph(t, rivers.NewRepository("warehouse", rivers.Assets(grants, table))).Materialize("+grants")
		step, _ := out.Step("table", "")
		fmt.Println(step.Metadata["rows"], step.DataVersion)
	})
	// Output:
	// load the table
	// grant access to it
	// 3 load-17
}
