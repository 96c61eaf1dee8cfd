package retention

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// LoopConfig is what a Loop needs; zero fields take the default they name.
type LoopConfig struct {
	Sweeper *Sweeper
	// Interval is the time from the end of a sweep to the next one, up to a tenth
	// more; 0 sweeps never.
	Interval time.Duration
	// First is the time before the first sweep, up to a tenth more (5 minutes, or
	// Interval when that is less).
	First  time.Duration
	Logger *slog.Logger
}

// Loop sweeps all assets from time to time.
type Loop struct {
	cfg    LoopConfig
	cancel context.CancelFunc
	done   sync.WaitGroup
	once   sync.Once
}

// NewLoop returns a loop; Start begins.
func NewLoop(cfg LoopConfig) *Loop {
	if cfg.First <= 0 {
		cfg.First = min(5*time.Minute, cfg.Interval)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Loop{cfg: cfg}
}

// Start begins to wait for the first sweep. It is idempotent.
func (l *Loop) Start() {
	l.once.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		l.cancel = cancel
		if l.cfg.Interval > 0 {
			l.done.Go(func() { l.run(ctx) })
		}
	})
}

// Stop ends a sweep that goes on after the object it is at, and waits. It is
// idempotent.
func (l *Loop) Stop() {
	l.once.Do(func() { l.cancel = func() {} })
	l.cancel()
	l.done.Wait()
}

func (l *Loop) run(ctx context.Context) {
	timer := time.NewTimer(jittered(l.cfg.First))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			l.sweep(ctx)
			timer.Reset(jittered(l.cfg.Interval))
		}
	}
}

// jittered keeps processes that start together from sweeping together.
func jittered(d time.Duration) time.Duration {
	return d + time.Duration(rand.Int64N(int64(d/10)+1)) //nolint:gosec // spreads load, guards nothing
}

func (l *Loop) sweep(ctx context.Context) {
	err := l.cfg.Sweeper.Sweep(ctx, Order{Grace: l.cfg.Sweeper.Grace()}, func(r Report) error {
		for _, problem := range r.Problems {
			if ctx.Err() == nil {
				l.cfg.Logger.Warn("values that nothing refers to were not all removed", "asset", r.Asset, "error", problem)
			}
		}
		if r.Removed > 0 {
			l.cfg.Logger.Info("removed values that nothing refers to", "asset", r.Asset, "values", r.Removed, "bytes", r.Bytes)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		l.cfg.Logger.Warn("values that nothing refers to were not removed", "error", err)
	}
}
