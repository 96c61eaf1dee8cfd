package rivers_test

import (
	"fmt"
	"iter"
	"testing"
	"time"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// A partitioned asset has one step a key. Daily and Hourly keys name a window
// of time, Static ones are any names.
func ExamplePartitioned() {
	visits := rivers.NewAsset("visits", func(ctx *rivers.Context) (int, error) {
		window := ctx.Partition().Window()
		return int(window.Start.Weekday()), nil // more towards the end of the week
	}, rivers.Partitioned(rivers.Daily("2001-01-01", "2001-01-07")))

	hours := rivers.NewAsset("hours", func(ctx *rivers.Context) (time.Duration, error) {
		window := ctx.Partition().Window()
		return window.End.Sub(window.Start), nil
	}, rivers.Partitioned(rivers.Hourly("2001-01-01T00:00", "2001-01-01T23:00")))

	regions := rivers.NewAsset("regions", func(ctx *rivers.Context) (string, error) {
		return "region " + string(ctx.Partition().Key()), nil
	}, rivers.Partitioned(rivers.Static("north", "south")))

	riverstest.Example(func(t testing.TB) {
		n, _ := riverstest.Run(t, visits, riverstest.Key("2001-01-05"))
		h, _ := riverstest.Run(t, hours, riverstest.Key("2001-01-01T05:00"))
		r, _ := riverstest.Run(t, regions, riverstest.Key("south"))
		fmt.Println(n, h, r)
	})
	// Output: 5 1h0m0s region south
}

// All hands over every partition that has a value, in order; each value is
// loaded when the loop reaches it.
func ExampleAsset_All() {
	week := rivers.Partitioned(rivers.Daily("2001-01-01", "2001-01-07"))
	visits := rivers.NewAsset("visits", func(ctx *rivers.Context) (int, error) {
		return ctx.Partition().Window().Start.Day(), nil
	}, week)
	total := rivers.NewAsset1("total", visits.All(), func(ctx *rivers.Context, days iter.Seq2[rivers.Key, int]) (int, error) {
		sum := 0
		for key, n := range days {
			ctx.Logger.Info("adding", "day", key)
			sum += n
		}
		return sum, nil
	})

	riverstest.Example(func(t testing.TB) {
		out := riverstest.Graph(t, rivers.NewRepository("site", rivers.Assets(visits, total))).
			Materialize("+total", "2001-01-02..2001-01-04")
		fmt.Println(riverstest.Value(out, total, ""))
	})
	// Output: 9 true
}

// Complete wants a value for every key: the step fails before its function is
// called when one is missing.
func ExampleComplete() {
	parts := rivers.NewAsset("parts", func(ctx *rivers.Context) (int, error) { return 1, nil },
		rivers.Partitioned(rivers.Static("a", "b", "c")))
	whole := rivers.NewAsset1("whole", rivers.Complete(parts.All()),
		func(_ *rivers.Context, all iter.Seq2[rivers.Key, int]) (int, error) {
			sum := 0
			for _, n := range all {
				sum += n
			}
			return sum, nil
		})

	riverstest.Example(func(t testing.TB) {
		_, result := riverstest.Run(t, whole, riverstest.InputAt(parts, "a", 1), riverstest.InputAt(parts, "c", 1))
		fmt.Println(result.Failure.Message)
	})
	// Output: input "parts" is not complete: 1 key has no value: b: no stored value
}
