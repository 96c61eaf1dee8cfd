package serve

import (
	"log/slog"
	"os"
	"sync"
	"time"
)

// blocked is how long the end of a process may take, beside what runs are given.
const blocked = 30 * time.Second

// watchdog ends a process whose shutdown does not come to an end, and names what
// blocks it. It is armed by the first stage.
type watchdog struct {
	log *slog.Logger

	mu    sync.Mutex
	stage string
	timer *time.Timer
}

// at names the stage that begins.
func (w *watchdog) at(stage string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stage = stage
	if w.timer == nil {
		w.timer = time.AfterFunc(blocked, w.bite)
	}
}

func (w *watchdog) bite() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log.Error("shutdown is blocked", "by", w.stage)
	os.Exit(exitFailed)
}

// stop disarms the watchdog.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}
