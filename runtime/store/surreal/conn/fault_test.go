package conn_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"rivers.io/internal/chaosproxy"
	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store/surreal/conn"
)

// TestReset: a reset connection is replaced without anybody's help, and its live
// queries end with a gap.
func TestReset(t *testing.T) {
	cfg, p := through(t, surrealtest.Shared(t))
	c := open(t, cfg)
	query(t, c, "DEFINE TABLE t", nil)
	for range 5 {
		s := subscribe(t, c, "LIVE SELECT * FROM t", nil)
		p.Reset()
		if _, err := s.Next(limit(t)); !errors.Is(err, conn.ErrGap) {
			t.Errorf("a live query on a reset connection: %v", err)
		}
		until(t, c)
	}
}

// TestPatience: a request does not wait for a connection for longer than it may,
// and was surely not carried out then.
func TestPatience(t *testing.T) {
	cfg, p := through(t, surrealtest.Shared(t))
	cfg.Patience = 50 * time.Millisecond
	c := open(t, cfg)
	p.Set(chaosproxy.Refuse())
	p.Reset()
	for {
		_, err := c.Query(t.Context(), "RETURN 1", nil)
		var lost *conn.LostError
		if !errors.As(err, &lost) {
			t.Fatal(err)
		}
		if !lost.Sent {
			break
		}
	}
	p.Set(chaosproxy.None)
	if err := c.Await(limit(t)); err != nil {
		t.Error(err)
	}
	until(t, c)
}

// until asks until there is an answer: a request on a connection that broke just
// then has an unknown fate.
func until(t *testing.T, c *conn.Conn) {
	t.Helper()
	ctx := limit(t)
	for {
		_, err := c.Query(ctx, "RETURN 1", nil)
		var lost *conn.LostError
		if err == nil {
			return
		}
		if !errors.As(err, &lost) || ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// TestSilence: connections that are half open, or whose peer takes nothing, are
// noticed and replaced, though nobody closes them.
func TestSilence(t *testing.T) {
	for _, f := range []chaosproxy.Fault{
		chaosproxy.BlackHole(), chaosproxy.Stall(chaosproxy.Up), chaosproxy.Stall(chaosproxy.Down), chaosproxy.Stall(chaosproxy.Both),
		chaosproxy.Drip(chaosproxy.Down, 1),
	} {
		t.Run(f.Name, func(t *testing.T) {
			cfg, p := through(t, surrealtest.Shared(t))
			cfg.Silence = 200 * time.Millisecond
			c := open(t, cfg)
			query(t, c, "DEFINE TABLE t", nil)
			s := subscribe(t, c, "LIVE SELECT * FROM t", nil)
			p.Set(f)
			if _, err := s.Next(limit(t)); !errors.Is(err, conn.ErrGap) {
				t.Errorf("an idle live query: %v", err)
			}
			// Large enough to fill every buffer on the way.
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := c.Query(ctx, "RETURN 1", map[string]any{"x": make([]byte, 32<<20)})
			cancel()
			var lost *conn.LostError
			if err != nil && !errors.As(err, &lost) {
				t.Errorf("a request into it: %v", err)
			}
			p.Set(chaosproxy.None)
			until(t, c)
		})
	}
}

// TestContext: a call ends with its context wherever it waits: for a connection,
// behind another that does not get through, or for its answer.
func TestContext(t *testing.T) {
	cfg, p := through(t, surrealtest.Shared(t))
	cfg.Silence = time.Minute
	c := open(t, cfg)
	query(t, c, "RETURN 1", nil)
	p.Set(chaosproxy.Stall(chaosproxy.Both))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	big := map[string]any{"x": make([]byte, 8<<20)}
	for range 4 {
		wg.Go(func() {
			if _, err := c.Query(ctx, "RETURN 1", big); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a request that does not get through: %v", err)
			}
		})
	}
	for range 200 {
		wg.Go(func() {
			if _, err := c.Query(ctx, "RETURN 1", nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a request behind it: %v", err)
			}
		})
	}
	wg.Wait()
	p.Set(chaosproxy.None)
	until(t, c)
}

// TestNoConnection: a call made while there is no connection says so, and why, and
// that it was not sent.
func TestNoConnection(t *testing.T) {
	cfg, p := through(t, surrealtest.Shared(t))
	c := open(t, cfg)
	p.Set(chaosproxy.Refuse())
	p.Reset()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := c.Query(ctx, "RETURN 1", nil)
		cancel()
		var lost *conn.LostError
		if !errors.As(err, &lost) {
			t.Fatalf("%v, want a LostError", err)
		}
		var refused *conn.OpenError
		if lost.Sent || !errors.As(err, &refused) {
			continue // that one was on its way when the connection broke
		}
		if !errors.Is(err, context.DeadlineExceeded) || refused.Reason != conn.Unreachable {
			t.Errorf("%v", err)
		}
		break
	}
	p.Set(chaosproxy.None)
	until(t, c)
}

// TestLostAnswer: a request that was carried out though its answer was lost is told
// apart from one that never left.
func TestLostAnswer(t *testing.T) {
	db := surrealtest.Shared(t)
	cfg, p := through(t, db)
	cfg.Heartbeat = time.Minute // a ping would be the request whose answer is lost
	c := open(t, cfg)
	query(t, c, "DEFINE TABLE t", nil)
	p.Set(chaosproxy.LoseAnswer())
	_, err := c.Query(limit(t), "CREATE t:1", nil)
	p.Set(chaosproxy.None)
	var lost *conn.LostError
	if !errors.As(err, &lost) || !lost.Sent {
		t.Fatalf("%v, want an unknown fate", err)
	}
	if n := one[int](t, c, "RETURN count(SELECT * FROM t)", nil); n != 1 {
		t.Errorf("%d records, want the one whose answer was lost", n)
	}
}

// TestKill9: the engine is killed and comes back on the same directory. What was
// acknowledged is there, once; what was surely not sent is not.
func TestKill9(t *testing.T) {
	e := surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()})
	c := open(t, config(t, e.NewDatabase(t)))
	query(t, c, "DEFINE TABLE t", nil)
	ctx, cancel := context.WithCancel(limit(t))
	var mu sync.Mutex
	fate := map[string]string{}
	acknowledged := make(chan struct{}, 1)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("w%dn%d", w, i)
				_, err := c.Query(ctx, "CREATE type::record('t', $id)", map[string]any{"id": id})
				var lost *conn.LostError
				mu.Lock()
				switch {
				case err == nil:
					fate[id] = "there"
					select {
					case acknowledged <- struct{}{}:
					default:
					}
				case errors.As(err, &lost) && !lost.Sent:
					fate[id] = "gone"
				case errors.As(err, &lost), conn.Is(err, conn.Conflict):
				default:
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	for range 3 {
		<-acknowledged
		e.Kill()
		select {
		case <-acknowledged:
		default:
		}
		e.Restart()
		<-acknowledged
	}
	cancel()
	wg.Wait()
	there := map[string]bool{}
	for _, id := range one[[]string](t, c, "SELECT VALUE record::id(id) FROM t", nil) {
		there[id] = true
	}
	for id, want := range fate {
		if there[id] != (want == "there") {
			t.Errorf("%s is there: %v, and should be %s", id, there[id], want)
		}
	}
	t.Logf("%d records, %d fates known", len(there), len(fate))
}

// TestExpiry: a session that is over is signed in anew by whoever notices, and the
// request repeated; live queries can be started.
func TestExpiry(t *testing.T) {
	db := surrealtest.Shared(t)
	db.SQL(t, "DEFINE USER brief ON DATABASE PASSWORD 'secret' ROLES OWNER DURATION FOR TOKEN 2s, FOR SESSION 2s")
	cfg := config(t, db)
	cfg.Credentials = conn.Credentials{User: "brief", Password: "secret"}
	c := open(t, cfg)
	query(t, c, "DEFINE TABLE t; DEFINE TABLE ids; CREATE ids:1 SET n = 0", nil)
	first := one[string](t, c, "RETURN <string>$session.tk.jti", nil)
	ctx := limit(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for token := first; token == first; {
				r, err := c.Query(ctx, "RETURN <string>$session.tk.jti", nil)
				if err == nil {
					err = r.Decode(0, &token)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	subscribe(t, c, "LIVE SELECT * FROM t", nil)
	for e := time.Now().Unix(); time.Now().Unix() < e+3; { // the live socket's session is over as well
		query(t, c, "RETURN 1", nil)
	}
	s := subscribe(t, c, "LIVE SELECT * FROM t", nil)
	query(t, c, "CREATE t:1", nil)
	if n, err := s.Next(limit(t)); err != nil || n.Action != conn.Created {
		t.Errorf("a live query after the session's end: %v, %v", n.Action, err)
	}
	if n := one[int](t, c, "RETURN count(SELECT * FROM t)", nil); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

// TestCloseWhileWaiting: Close ends calls that wait for a connection, however long
// their contexts last.
func TestCloseWhileWaiting(t *testing.T) {
	cfg, p := through(t, surrealtest.Shared(t))
	c := open(t, cfg)
	query(t, c, "DEFINE TABLE t", nil)
	subscribe(t, c, "LIVE SELECT * FROM t", nil)
	p.Set(chaosproxy.Refuse())
	p.Reset()
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			_, err := c.Query(t.Context(), "RETURN 1", nil)
			var lost *conn.LostError
			if !errors.Is(err, conn.ErrClosed) && !errors.As(err, &lost) {
				t.Errorf("a query: %v", err)
			}
		})
		wg.Go(func() {
			if _, err := c.Live(t.Context(), "LIVE SELECT * FROM t", nil); !errors.Is(err, conn.ErrClosed) {
				t.Errorf("a live query: %v", err)
			}
		})
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// TestRotatedPassword: a password that is no longer accepted when a connection is
// replaced is named as the reason, and the next one that is goes on.
func TestRotatedPassword(t *testing.T) {
	db := surrealtest.Shared(t)
	db.SQL(t, "DEFINE USER changing ON DATABASE PASSWORD 'old' ROLES OWNER")
	cfg, p := through(t, db)
	cfg.Credentials = conn.Credentials{User: "changing", Password: "old"}
	c := open(t, cfg)
	db.SQL(t, "DEFINE USER OVERWRITE changing ON DATABASE PASSWORD 'new' ROLES OWNER")
	p.Reset()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := c.Query(ctx, "RETURN 1", nil)
		cancel()
		var refused *conn.OpenError
		if err == nil || !errors.As(err, &refused) {
			continue
		}
		if refused.Reason != conn.BadCredentials {
			t.Error(err)
		}
		break
	}
	db.SQL(t, "DEFINE USER OVERWRITE changing ON DATABASE PASSWORD 'old' ROLES OWNER")
	until(t, c)
}

// TestStorm: through faults of every kind four writers write, each repeating what
// has an unknown fate under the same id; nothing is lost, nothing is doubled, and
// nothing hangs.
func TestStorm(t *testing.T) {
	cfg, p := through(t, surrealtest.Shared(t))
	cfg.Silence = 150 * time.Millisecond
	cfg.MaxBackoff = 20 * time.Millisecond
	cfg.Logger = nil
	c := open(t, cfg)
	query(t, c, "DEFINE TABLE t", nil)
	ctx, stop := context.WithCancel(limit(t))
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if write(t, c, fmt.Sprintf("w%dn%d", w, i)) {
					mu.Lock()
					total++
					mu.Unlock()
				}
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			s, err := c.Live(ctx, "LIVE SELECT * FROM t", nil)
			if err != nil {
				continue
			}
			for err == nil {
				_, err = s.Next(ctx)
			}
			if !errors.Is(err, conn.ErrGap) && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			_ = s.Close()
		}
	})
	seed := rand.Uint64()
	counts, err := p.Storm(ctx, chaosproxy.Weather{Seed: seed, Rounds: 100, Longest: 100 * time.Millisecond})
	stop()
	wg.Wait()
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	if n := one[int](t, c, "RETURN count(SELECT * FROM t)", nil); n != total {
		t.Errorf("seed %d: %d records, %d were acknowledged", seed, n, total)
	}
	t.Logf("seed %d: %v, %d records", seed, counts, total)
}

// write creates a record, repeating until its fate is known.
func write(t *testing.T, c *conn.Conn, id string) bool {
	t.Helper()
	for tries := 0; ; tries++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := c.Query(ctx, "CREATE type::record('t', $id)", map[string]any{"id": id})
		cancel()
		var lost *conn.LostError
		switch {
		case err == nil, tries > 0 && conn.Is(err, conn.Exists):
			return true
		case errors.As(err, &lost) && lost.Sent, conn.Is(err, conn.Conflict):
		default:
			t.Error(err)
			return false
		}
	}
}
