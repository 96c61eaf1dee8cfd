package conn_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store/surreal/conn"
)

func subscribe(t *testing.T, c *conn.Conn, sql string, vars map[string]any) *conn.Subscription {
	t.Helper()
	s, err := c.Live(limit(t), sql, vars)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestLive: changes arrive, with record and value, and only those asked for. Their
// order is the server's affair, and not that of the commits.
func TestLive(t *testing.T) {
	c := open(t, config(t, surrealtest.Shared(t)))
	query(t, c, "DEFINE TABLE t; CREATE t:0 SET n = 0, mine = true", nil)
	s := subscribe(t, c, "LIVE SELECT n FROM t WHERE mine = $mine", map[string]any{"mine": true})
	type change struct {
		Action conn.Action
		Record models.RecordID
		N      int
	}
	var want, got []change
	for i := range 100 {
		id := models.NewRecordID("t", uint64(i+1))
		query(t, c, "CREATE $id SET n = $n, mine = true; CREATE t SET n = 0, mine = false; UPDATE $id SET n += 1; DELETE $id",
			map[string]any{"id": id, "n": i})
		want = append(want, change{conn.Created, id, i}, change{conn.Updated, id, i + 1}, change{conn.Deleted, id, i + 1})
	}
	for range want {
		n, err := s.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		var v struct{ N int }
		id, err := n.Record()
		if err := errors.Join(err, n.Decode(&v)); err != nil {
			t.Fatal(err)
		}
		got = append(got, change{n.Action, id, v.N})
	}
	less := func(a, b change) bool { return fmt.Sprint(a) < fmt.Sprint(b) }
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(less)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLiveBeginning: every change from the moment Live returned is seen. (Writers
// begin after it: the engine may leave a live query deaf that starts beside them.)
func TestLiveBeginning(t *testing.T) {
	c := open(t, config(t, surrealtest.Shared(t)))
	query(t, c, "DEFINE TABLE t", nil)
	for range 20 {
		s := subscribe(t, c, "LIVE SELECT * FROM t", nil)
		missing := map[int]bool{}
		var wg sync.WaitGroup
		for n := range 10 {
			missing[n] = true
			wg.Go(func() { query(t, c, "CREATE t SET n = $n", map[string]any{"n": n}) })
		}
		for len(missing) > 0 {
			n, err := s.Next(limit(t))
			if err != nil {
				t.Fatalf("waiting for %v: %v", missing, err)
			}
			var v struct{ N int }
			if err := n.Decode(&v); err != nil {
				t.Fatal(err)
			}
			delete(missing, v.N)
		}
		wg.Wait()
		_ = s.Close()
	}
}

// TestLiveOverflow: a reader that falls behind is told, after what was queued, and
// nobody else notices.
func TestLiveOverflow(t *testing.T) {
	cfg := config(t, surrealtest.Shared(t))
	cfg.QueueLimit = 10
	c := open(t, cfg)
	query(t, c, "DEFINE TABLE slow; DEFINE TABLE quick", nil)
	slow := subscribe(t, c, "LIVE SELECT * FROM slow", nil)
	quick := subscribe(t, c, "LIVE SELECT * FROM quick", nil)
	for i := range 50 {
		query(t, c, "CREATE slow SET n = $n", map[string]any{"n": i})
	}
	query(t, c, "CREATE quick", nil)
	if n, err := quick.Next(limit(t)); err != nil || n.Action != conn.Created {
		t.Errorf("beside a slow reader: %v, %v", n.Action, err)
	}
	for i := range 10 {
		if _, err := slow.Next(limit(t)); err != nil {
			t.Fatalf("queued %d: %v", i, err)
		}
	}
	for range 2 {
		if _, err := slow.Next(limit(t)); !errors.Is(err, conn.ErrGap) {
			t.Errorf("after the queue: %v", err)
		}
	}
}

// TestLiveClose: a closed subscription's live query is gone from the server.
func TestLiveClose(t *testing.T) {
	db := surrealtest.Shared(t)
	c := open(t, config(t, db))
	query(t, c, "DEFINE TABLE t", nil)
	lives := func() int {
		return len(one[struct{ Lives map[string]any }](t, c, "INFO FOR TABLE t", nil).Lives)
	}
	s := subscribe(t, c, "LIVE SELECT * FROM t", nil)
	if n := lives(); n != 1 {
		t.Errorf("%d live queries, want 1", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Next(limit(t)); !errors.Is(err, conn.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	for lives() > 0 && limit(t).Err() == nil {
	}
}

// TestLiveErrors: what is no live query is refused, and a canceled start leaves
// nothing behind.
func TestLiveErrors(t *testing.T) {
	c := open(t, config(t, surrealtest.Shared(t)))
	query(t, c, "DEFINE TABLE t", nil)
	if _, err := c.Live(limit(t), "LIVE SELECT * FROM nowhere", nil); !conn.Is(err, conn.MissingTable) {
		t.Errorf("of a missing table: %v", err)
	}
	if _, err := c.Live(limit(t), "RETURN 1", nil); err == nil {
		t.Error("RETURN 1 is a live query")
	}
	s := subscribe(t, c, "LIVE SELECT * FROM t", nil)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if _, err := c.Live(ended, "LIVE SELECT * FROM t", nil); !errors.Is(err, context.Canceled) {
			t.Errorf("with a canceled context: %v", err)
		}
	}
	if _, err := s.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Next with a canceled context: %v", err)
	}
	lives := func() int {
		return len(one[struct{ Lives map[string]any }](t, c, "INFO FOR TABLE t", nil).Lives)
	}
	for lives() != 1 && limit(t).Err() == nil {
	}
}
