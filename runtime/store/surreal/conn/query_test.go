package conn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store/surreal/conn"
)

// TestValues: what goes in comes out, to the last bit.
func TestValues(t *testing.T) {
	type value struct {
		Min   int64                 `json:"min"`
		Max   int64                 `json:"max"`
		Above uint64                `json:"above"` // what a float cannot hold
		Bytes []byte                `json:"bytes"`
		Empty []byte                `json:"empty"`
		Text  string                `json:"text"`
		Float float64               `json:"float"`
		When  models.CustomDateTime `json:"when"`
		Long  models.CustomDuration `json:"long"`
		ID    models.RecordID       `json:"link"`
		None  *string               `json:"none"`
		Deep  map[string]any        `json:"deep"`
	}
	want := value{
		Min: math.MinInt64, Max: math.MaxInt64, Above: 1<<53 + 1,
		Bytes: []byte{0, 1, 255}, Empty: []byte{}, Text: "grüße ''\\ \x00", Float: 1,
		When: models.CustomDateTime{Time: time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.UTC)},
		Long: models.CustomDuration{Duration: 25*time.Hour + time.Nanosecond},
		ID:   models.NewRecordID("t", []any{"a", uint64(7)}),
		Deep: map[string]any{"list": []any{"x", int64(-1)}},
	}
	c := open(t, config(t, surrealtest.Shared(t)))
	got := one[[]value](t, c, "DEFINE TABLE v; CREATE v:1 CONTENT $v; SELECT * OMIT id FROM v", map[string]any{"v": want})
	if diff := cmp.Diff([]value{want}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if kind := one[[]string](t, c, "RETURN [type::of($b), type::of($i), type::of($f)]",
		map[string]any{"b": []byte("x"), "i": 1, "f": 1.0}); !cmp.Equal(kind, []string{"bytes", "int", "float"}) {
		t.Errorf("the server sees %v", kind)
	}
}

// TestErrors: each failure is told by its kind.
func TestErrors(t *testing.T) {
	db := surrealtest.Shared(t)
	c := open(t, config(t, db))
	query(t, c, "DEFINE TABLE t; DEFINE INDEX u ON t FIELDS k UNIQUE; CREATE t:1 SET k = \"it's\"", nil)
	viewer := config(t, db)
	viewer.Credentials = conn.Credentials{User: db.Viewer.User, Password: db.Viewer.Password}
	for _, tt := range []struct {
		sql  string
		as   *conn.Conn
		want conn.QueryError // Text is not compared
	}{
		{"CREATE t:1", c, conn.QueryError{Kind: conn.Exists, Record: "t:1"}},
		{"RETURN 1; CREATE t:['a', 1]; CREATE t:['a', 1]", c, conn.QueryError{Kind: conn.Exists, Statement: 2, Record: "t:['a', 1]"}},
		{"CREATE t:2 SET k = \"it's\"", c, conn.QueryError{Kind: conn.Unique, Index: "u", Record: "t:1"}},
		{"THROW 'can be retried, said I'", c, conn.QueryError{Kind: conn.Thrown, Message: "can be retried, said I"}},
		{"BEGIN; CREATE t:3; THROW 'no'; CREATE t:4; COMMIT", c, conn.QueryError{Kind: conn.Thrown, Statement: 2, Message: "no"}},
		{"BEGIN; CREATE t:3; CREATE t:1; COMMIT", c, conn.QueryError{Kind: conn.Exists, Statement: 2, Record: "t:1"}},
		{"BEGIN; CREATE t:3; CANCEL", c, conn.QueryError{Kind: conn.Consequence, Statement: 1}},
		{"SELECT * FROM (", c, conn.QueryError{Kind: conn.Parse, Statement: -1}},
		{"SELECT * FROM nowhere", c, conn.QueryError{Kind: conn.MissingTable, Table: "nowhere"}},
		{"SELECT * FROM t TIMEOUT 1ns", c, conn.QueryError{Kind: conn.Timeout}},
		{"DEFINE TABLE x", open(t, viewer), conn.QueryError{Kind: conn.Permission}},
		{"RETURN 1 - 'a'", c, conn.QueryError{Kind: conn.Other}},
	} {
		_, err := tt.as.Query(limit(t), tt.sql, nil)
		var got *conn.QueryError
		if !errors.As(err, &got) {
			t.Errorf("%s: %v, want a QueryError", tt.sql, err)
			continue
		}
		plain := *got
		plain.Text = ""
		if diff := cmp.Diff(tt.want, plain); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tt.sql, err, diff)
		}
		if !conn.Is(err, tt.want.Kind) || !strings.Contains(err.Error(), got.Text) {
			t.Errorf("%s: %v", tt.sql, err)
		}
	}
	if n := one[int](t, c, "RETURN count(SELECT * FROM t)", nil); n != 2 {
		t.Errorf("%d records, want the 2 of statements that succeeded", n)
	}
}

// TestConflict: of transactions that write one record, those that lose are told
// that they may be repeated, on every backend.
func TestConflict(t *testing.T) {
	for name, db := range map[string]*surrealtest.Database{
		"memory":  surrealtest.Shared(t),
		"rocksdb": surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()}).NewDatabase(t),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := limit(t)
			c := open(t, config(t, db))
			query(t, c, "DEFINE TABLE c; CREATE c:1 SET n = 0", nil)
			var mu sync.Mutex
			var done, lost int
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range 40 {
						_, err := c.Query(ctx, "BEGIN; LET $n = (SELECT VALUE n FROM ONLY c:1); UPDATE c:1 SET n = $n + 1; COMMIT", nil)
						mu.Lock()
						switch {
						case err == nil:
							done++
						case conn.Is(err, conn.Conflict):
							lost++
						default:
							t.Error(err)
						}
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if n := one[int](t, c, "SELECT VALUE n FROM ONLY c:1", nil); n != done {
				t.Errorf("the counter is %d after %d acknowledged and %d refused updates", n, done, lost)
			}
			t.Logf("%d acknowledged, %d conflicts", done, lost)
		})
	}
}

// TestResults: what can be asked of the answers.
func TestResults(t *testing.T) {
	c := open(t, config(t, surrealtest.Shared(t)))
	r, err := c.Query(limit(t), "RETURN NONE; THROW 'x'; RETURN 'three'", nil)
	if !conn.Is(err, conn.Thrown) || r.Len() != 3 {
		t.Fatalf("%d statements, %v", r.Len(), err)
	}
	if !r.IsNone(0) || r.Err(0) != nil || r.Raw(1) != nil || r.Err(1) == nil || r.Err(3) == nil || r.Err(-1) == nil {
		t.Errorf("NONE %v, errors %v, %v, %v", r.IsNone(0), r.Err(0), r.Err(1), r.Err(3))
	}
	var s string
	if err := r.Decode(2, &s); err != nil || s != "three" {
		t.Errorf("%q, %v", s, err)
	}
	var n int
	if err := r.Decode(2, &n); err == nil || !strings.Contains(err.Error(), "statement 2 into *int") {
		t.Errorf("text as a number: %v", err)
	}
	if _, err := c.Query(limit(t), "RETURN $f", map[string]any{"f": func() {}}); err == nil {
		t.Error("a function was encoded")
	}
	if _, err := c.Query(limit(t), "RETURN $r", map[string]any{"r": &models.RecordID{}}); err == nil {
		t.Error("an empty record id was encoded")
	}
	if s := one[string](t, c, "RETURN 'well'", nil); s != "well" {
		t.Errorf("after values that do not encode: %q", s)
	}
}

// TestLarge: long requests and answers pass, and do not kill a healthy connection;
// one above the limit ends the connection, and the next request has another.
func TestLarge(t *testing.T) {
	db := surrealtest.Shared(t)
	cfg := config(t, db)
	cfg.MessageLimit = 24 << 20
	c := open(t, cfg)
	long := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	if got := one[[]byte](t, c, "RETURN $b", map[string]any{"b": long}); !bytes.Equal(got, long) {
		t.Errorf("%d bytes came back of %d", len(got), len(long))
	}
	_, err := c.Query(limit(t), "RETURN [$b, $b]", map[string]any{"b": long})
	var lost *conn.LostError
	if !errors.As(err, &lost) || !lost.Sent {
		t.Errorf("above the limit: %v", err)
	}
	if n := one[int](t, c, "RETURN 7", nil); n != 7 {
		t.Error(n)
	}
}

// TestMany: calls of many goroutines get their own answers.
func TestMany(t *testing.T) {
	c := open(t, config(t, surrealtest.Shared(t)))
	ctx := limit(t)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for j := range 50 {
				want := fmt.Sprint(i, "/", j)
				r, err := c.Query(ctx, "RETURN $v", map[string]any{"v": want})
				var got string
				if err == nil {
					err = r.Decode(0, &got)
				}
				if err != nil || got != want {
					t.Errorf("%q, %v, want %q", got, err, want)
				}
			}
		})
	}
	wg.Wait()
}

// TestShortContexts: a call whose context ends at any moment, the one of its
// answer too, disturbs nobody.
func TestShortContexts(t *testing.T) {
	c := open(t, config(t, surrealtest.Shared(t)))
	ctx := limit(t)
	query(t, c, "RETURN 1", nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 300 {
				short, cancel := context.WithTimeout(ctx, time.Duration((i*300+j)%40)*50*time.Microsecond)
				_, err := c.Query(short, "RETURN 1", nil)
				cancel()
				var lost *conn.LostError
				if err != nil && (!errors.As(err, &lost) || !errors.Is(err, context.DeadlineExceeded)) {
					t.Errorf("%v, want a LostError by the deadline", err)
				}
			}
		})
	}
	wg.Wait()
	if n := one[int](t, c, "RETURN 2", nil); n != 2 {
		t.Error(n)
	}
}

// TestClose: calls end with the connection, and afterwards there are none.
func TestClose(t *testing.T) {
	c := open(t, config(t, surrealtest.Shared(t)))
	query(t, c, "DEFINE TABLE t", nil)
	sub, err := c.Live(limit(t), "LIVE SELECT * FROM t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	if _, err := c.Query(limit(t), "RETURN 1", nil); !errors.Is(err, conn.ErrClosed) {
		t.Errorf("a query after Close: %v", err)
	}
	if _, err := c.Live(limit(t), "LIVE SELECT * FROM t", nil); !errors.Is(err, conn.ErrClosed) {
		t.Errorf("a live query after Close: %v", err)
	}
	if _, err := sub.Next(limit(t)); !errors.Is(err, conn.ErrGap) {
		t.Errorf("a subscription after Close: %v", err)
	}
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
}
