package chaos_test

import (
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

// TestStorms goes through hundreds of short faults of every kind.
func TestStorms(t *testing.T) {
	t.Parallel()
	engine := surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()})
	faults := 0
	first := number(t, "RIVERS_CHAOS_SEED", rand.Uint64N(1_000_000_000))
	for i := range uint64(3) {
		t.Run("", func(t *testing.T) {
			w := newWorld(t, engine, first+i)
			stop := w.begin()
			faults += w.storm(40, 3)
			stop()
			w.judge()
			w.summary()
		})
	}
	t.Logf("%d faults", faults)
}

// TestOutage takes the engine away for half a minute.
func TestOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()}), number(t, "RIVERS_CHAOS_SEED", rand.Uint64N(1_000_000_000)))
	stop := w.begin()
	w.pause(time.Second)
	for i, p := range w.proxies {
		if i%2 == 0 {
			p.Set(chaosproxy.BlackHole())
		}
	}
	w.engine.Kill()
	w.pause(30 * time.Second)
	for _, p := range w.proxies {
		p.Set(chaosproxy.None)
	}
	w.engine.Restart()
	w.pause(time.Second)
	stop()
	w.judge()
	w.summary()
}
