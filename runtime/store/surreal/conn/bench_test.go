package conn_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store/surreal/conn"
)

// BenchmarkQuery is one round trip of a statement with nothing to do, with one
// caller and with several; the engine runs in another process.
func BenchmarkQuery(b *testing.B) {
	db := surrealtest.Shared(b)
	c, err := conn.Open(b.Context(), conn.Config{
		Endpoint: db.URL, Namespace: db.Namespace, Database: db.Database,
		Credentials: conn.Credentials{User: db.Owner.User, Password: db.Owner.Password},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	vars := map[string]any{"id": models.NewRecordID("head", "r1"), "n": int64(7), "body": make([]byte, 200)}
	ask := func(ctx context.Context) error {
		r, err := c.Query(ctx, "RETURN $n", vars)
		if err != nil {
			return err
		}
		var n int64
		return r.Decode(0, &n)
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := ask(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, callers := range []int{8, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(callers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := ask(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
