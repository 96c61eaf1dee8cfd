package rivers_test

import (
	"context"
	"fmt"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

type database struct{ name string }

func (db *database) count(table string) int { return len(db.name) + len(table) }

// A resource is set up once per process and torn down at its end. Tests put
// another in its place.
func ExampleNewResource() {
	db := rivers.NewResource("db", func(context.Context) (*database, func() error, error) {
		fmt.Println("connect")
		return &database{"production"}, func() error { fmt.Println("disconnect"); return nil }, nil
	})
	count := rivers.NewAsset("count", func(ctx *rivers.Context) (int, error) {
		return db.Get(ctx).count("flights"), nil
	}, rivers.Uses(db))

	riverstest.Example(func(t testing.TB) {
		fmt.Println(riverstest.Value(riverstest.Graph(t, rivers.NewRepository("r", rivers.Assets(count))).Materialize("count"), count, ""))
	})
	riverstest.Example(func(t testing.TB) {
		n, _ := riverstest.Run(t, count, riverstest.Resource(db, &database{"test"}))
		fmt.Println(n)
	})
	// Output:
	// connect
	// 17 true
	// disconnect
	// 11
}
