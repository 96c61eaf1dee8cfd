package chaosproxy

import (
	"context"
	"math/rand/v2"
	"time"
)

// Weather says how a Storm goes.
type Weather struct {
	// Seed decides every draw; the same seed draws the same faults for the same times.
	Seed uint64
	// Rounds is how many faults there are.
	Rounds int
	// Longest is how long a fault lasts at most, Calm how long the pause after it is
	// at most; 200 ms and 50 ms by default.
	Longest, Calm time.Duration
	// After, if set, hears of each fault when it is over: its number from 0 and name.
	After func(round int, name string)
}

// Storm sets one fault after another, each for a time drawn at random, and ends
// with None. It returns how often each was set, and the error of ctx if that ended
// it early.
func (p *Proxy) Storm(ctx context.Context, w Weather) (map[string]int, error) {
	if w.Longest <= 0 {
		w.Longest = 200 * time.Millisecond
	}
	if w.Calm <= 0 {
		w.Calm = 50 * time.Millisecond
	}
	defer p.Set(None)
	counts := map[string]int{}
	draw := rand.New(rand.NewPCG(w.Seed, 0))
	for round := range w.Rounds {
		name, fault := pick(draw)
		lasts, calm := time.Duration(draw.Int64N(int64(w.Longest))), time.Duration(draw.Int64N(int64(w.Calm)))
		if name == "reset" {
			p.Reset()
		} else {
			p.Set(fault)
			if err := pause(ctx, lasts); err != nil {
				return counts, err
			}
			p.Set(None)
		}
		counts[name]++
		if w.After != nil {
			w.After(round, name)
		}
		if err := pause(ctx, calm); err != nil {
			return counts, err
		}
	}
	return counts, nil
}

// pick draws a fault.
func pick(r *rand.Rand) (string, Fault) {
	direction := []Direction{Up, Down, Both}[r.IntN(3)]
	switch r.IntN(8) {
	case 0:
		return "reset", None
	case 1:
		return "stall", Stall(direction)
	case 2:
		return "black hole", BlackHole()
	case 3:
		return "drip", Drip(direction, 100+r.IntN(5000))
	case 4:
		return "delay", Delay(direction, time.Duration(1+r.IntN(40))*time.Millisecond)
	case 5:
		return "cut", Cut(direction, int64(1+r.IntN(600)))
	case 6:
		return "refuse", Refuse()
	default:
		return "lose answer", LoseAnswer()
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
