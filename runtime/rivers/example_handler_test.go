package rivers_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// A handler stores values in a form of one's own. Each value gets a place of
// its own, named for its ValueID, so that what was published never changes.
func ExampleHandlerFor() {
	files := map[string]string{}
	sheets := rivers.HandlerFor("csv",
		func(ctx *rivers.OutputContext, rows [][]string) (rivers.Ref, error) {
			var text strings.Builder
			if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
				return rivers.Ref{}, err
			}
			path := ctx.Asset + "/" + ctx.ValueID + ".csv"
			files[path] = text.String()
			ctx.AddMetadata("rows", len(rows))
			return rivers.Ref{Path: path, Format: "csv", Bytes: int64(text.Len())}, nil
		},
		func(ctx *rivers.InputContext) ([][]string, error) {
			text, ok := files[ctx.Ref.Path]
			if !ok {
				return nil, rivers.ErrNotFound
			}
			return csv.NewReader(strings.NewReader(text)).ReadAll()
		})

	airports := rivers.NewAsset("airports", func(*rivers.Context) ([][]string, error) {
		return [][]string{{"ATL", "Atlanta"}, {"ORD", "Chicago"}}, nil
	}, rivers.StoredBy(sheets))

	riverstest.Example(func(t testing.TB) {
		rows, result := riverstest.Run(t, airports)
		fmt.Println(rows, result.Metadata["rows"])
	})
	// Output: [[ATL Atlanta] [ORD Chicago]] 2
}
