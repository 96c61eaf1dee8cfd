package rivers_test

import (
	"fmt"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// Offset is another window of the upstream; Optional is nil where there is
// none.
func ExampleAsset_Offset() {
	week := rivers.Partitioned(rivers.Daily("2001-01-01", "2001-01-07"))
	level := rivers.NewAsset("level", func(ctx *rivers.Context) (float64, error) { return 0, nil }, week)
	change := rivers.NewAsset2("change", level, rivers.Optional(level.Offset(-1)),
		func(_ *rivers.Context, today float64, yesterday *float64) (float64, error) {
			if yesterday == nil {
				return 0, nil
			}
			return today - *yesterday, nil
		}, week)

	riverstest.Example(func(t testing.TB) {
		levels := []riverstest.Option{
			riverstest.InputAt(level, "2001-01-01", 1.5), riverstest.InputAt(level, "2001-01-02", 4.0),
		}
		for _, key := range []rivers.Key{"2001-01-01", "2001-01-02"} {
			got, _ := riverstest.Run(t, change, append(levels, riverstest.Key(key))...)
			fmt.Println(key, got)
		}
	})
	// Output:
	// 2001-01-01 0
	// 2001-01-02 2.5
}
