package rivers_test

import (
	"fmt"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// Beyond six parameters, or for an input that is needed only sometimes, Uses
// declares the edge and Get loads it.
func ExampleGet() {
	small := rivers.NewAsset("small", func(*rivers.Context) (int, error) { return 1, nil })
	large := rivers.NewAsset("large", func(*rivers.Context) (int, error) { return 1000, nil })
	sum := rivers.NewAsset1("sum", small, func(ctx *rivers.Context, n int) (int, error) {
		if n > 10 {
			return n, nil
		}
		more, err := rivers.Get(ctx, large)
		return n + more, err
	}, rivers.Uses(large))

	riverstest.Example(func(t testing.TB) {
		for _, n := range []int{1, 11} {
			got, result := riverstest.Run(t, sum, riverstest.Input(small, n), riverstest.Input(large, 1000))
			fmt.Println(got, result.Read)
		}
	})
	// Output:
	// 1001 [{small } {large }]
	// 11 [{small }]
}
