package rivers_test

import (
	"fmt"
	"testing"
	"time"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// Metadata describes a materialization for those who look at it. Plain values
// need no type; typed ones are shown as what they are.
func ExampleContext_AddMetadata() {
	report := rivers.NewAsset("report", func(ctx *rivers.Context) (string, error) {
		ctx.AddMetadata("flights", 20000)
		ctx.AddMetadata("on time", rivers.Percentage(81.5))
		ctx.AddMetadata("source", rivers.URL("https://example.com/flights.json"))
		ctx.AddMetadata("took", rivers.Duration(1500*time.Millisecond))
		ctx.AddMetadata("summary", rivers.Markdown("**20,000** flights"))
		ctx.AddMetadata("worst", rivers.Table{
			Columns: []string{"airport", "delay"},
			Rows:    [][]any{{"ORD", 14.2}, {"SFO", 12.9}},
		})
		return "…", nil
	})

	riverstest.Example(func(t testing.TB) {
		_, result := riverstest.Run(t, report)
		for _, key := range result.MetadataKeys() {
			fmt.Println(key, result.Metadata[key].Tag())
		}
	})
	// Output:
	// flights int
	// on time percentage
	// source url
	// summary markdown
	// took duration
	// worst table
}

// An Output is a value with what is to be recorded about it.
func ExampleOutput() {
	total := rivers.NewAsset("total", func(ctx *rivers.Context) (int, error) {
		return rivers.Output[int]{
			Value:       42,
			Metadata:    map[string]any{"rows": 7},
			DataVersion: "sha256:5feceb66",
		}.Return(ctx)
	})

	riverstest.Example(func(t testing.TB) {
		value, result := riverstest.Run(t, total)
		fmt.Println(value, result.Metadata["rows"], result.DataVersion)
	})
	// Output: 42 7 sha256:5feceb66
}
