package rivers_test

import (
	"errors"
	"fmt"
	"path/filepath"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/rivers"
)

// Validate reports every mistake at once, each with the line of the
// declaration.
func ExampleRepository_Validate() {
	days := rivers.NewAsset("days", func(*rivers.Context) (int, error) { return 0, nil },
		rivers.Partitioned(rivers.Daily("2001-01-01", "2001-01-31")))
	forgotten := rivers.NewAsset("forgotten", func(*rivers.Context) (int, error) { return 0, nil })
	sum := rivers.NewAsset2("sum", days, forgotten, // every day, or which?
		func(_ *rivers.Context, day, n int) (int, error) { return day + n, nil })

	err := rivers.NewRepository("site", rivers.Assets(days, sum)).Validate()
	var problems asset.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Printf("%s:%d: %s: %s\n", filepath.Base(p.Site.File), p.Site.Line, p.Asset, p.Message)
		}
	}
	// Output:
	// example_validate_test.go:18: sum: input "days": the upstream is partitioned and this asset is not, so the mapping must be explicit: take all of its keys
	// example_validate_test.go:18: sum: unknown upstream "forgotten"
}
