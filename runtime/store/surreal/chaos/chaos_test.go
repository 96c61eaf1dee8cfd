package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rivers.io/internal/chaosproxy"
	"rivers.io/internal/surrealtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// number is a number from the environment.
func number(t *testing.T, name string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// fresh draws a seed.
func fresh() uint64 { return rand.Uint64N(1_000_000_000) }

// TestStorms goes through hundreds of short faults of every kind, in storms that
// each have a database, a seed and a death of the engine.
func TestStorms(t *testing.T) {
	t.Parallel()
	engine := surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()})
	first, storms := number(t, "RIVERS_CHAOS_SEED", fresh()), number(t, "RIVERS_CHAOS_STORMS", 6)
	var sum tally
	for seed := first; seed < first+storms; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, engine, seed)
			stop := w.begin()
			sum.faults += w.storm(12, 1)
			sum.deaths++
			stop()
			w.judge()
			sum.add(w.tally())
		})
	}
	t.Logf("%d storms, from seed %d: %s", storms, first, &sum)
}

// TestOutage takes the engine away for half a minute.
func TestOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()}), number(t, "RIVERS_CHAOS_SEED", fresh()))
	stop := w.begin()
	w.pause(time.Second)
	for i, p := range w.proxies {
		if i%2 == 0 {
			p.Set(chaosproxy.BlackHole())
		}
	}
	w.kill()
	w.pause(30 * time.Second)
	for _, p := range w.proxies {
		p.Set(chaosproxy.None)
	}
	w.engine.Restart()
	w.pause(time.Second)
	stop()
	w.judge()
	sum := w.tally()
	t.Log(&sum)
}
