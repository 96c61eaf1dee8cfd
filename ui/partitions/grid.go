package partitions

import (
	"time"

	"rivers.io/runtime/partition"
)

// grid is the regular grid of time that a space's ordinals count, if they do.
type grid struct {
	first time.Time
	step  time.Duration
}

// gridOf finds the grid of a space. Spaces whose ordinals are not evenly spaced
// from the first key to the last one have none.
func gridOf(in Input, total uint64) grid {
	var step time.Duration
	switch in.Space.Definition().Kind {
	case partition.Daily:
		step = 24 * time.Hour
	case partition.Hourly:
		step = time.Hour
	}
	if step == 0 || total == 0 {
		return grid{}
	}
	first, ok := start(in, 0)
	last, okLast := start(in, total-1)
	g := grid{first: first, step: step}
	if !ok || !okLast || !g.at(total-1).Equal(last) {
		return grid{}
	}
	return g
}

// start is the beginning of a key's window as wall-clock time, read as UTC.
func start(in Input, o uint64) (time.Time, bool) {
	key, ok := in.Space.Key(o, in.Now)
	if !ok {
		return time.Time{}, false
	}
	w, ok := in.Space.Window(key)
	s := w.Start
	return time.Date(s.Year(), s.Month(), s.Day(), s.Hour(), s.Minute(), s.Second(), 0, time.UTC), ok
}

func (g grid) isZero() bool { return g.step == 0 }

func (g grid) name() string {
	if g.isZero() {
		return ""
	}
	return g.first.Format("2006-01-02T15:04")
}

// at is the wall-clock time of an ordinal. Whole days are counted apart, because
// a Duration holds no more than 292 years.
func (g grid) at(o uint64) time.Time {
	perDay := uint64(24 * time.Hour / g.step)
	return g.first.AddDate(0, 0, int(o/perDay)).Add(time.Duration(o%perDay) * g.step)
}

// ordinal is the first ordinal that is not before a wall-clock time.
func (g grid) ordinal(t time.Time) uint64 {
	if !t.After(g.first) {
		return 0
	}
	seconds, step := uint64(t.Unix()-g.first.Unix()), uint64(g.step/time.Second)
	return (seconds + step - 1) / step
}

// tiles returns the finest unit that cuts a range into at most MaxCells tiles,
// and the edges of the tiles, from and to included.
func (g grid) tiles(from, to uint64) (Unit, []uint64) {
	if g.isZero() {
		return Block, blocks(from, to)
	}
	begin, end := g.at(from), g.at(to-1)
	years := end.Year() - begin.Year() + 1
	switch days := int(end.Sub(begin)/(24*time.Hour)) + 2; {
	case g.step < 24*time.Hour && years < 20 && days <= MaxCells:
		return Day, g.edges(from, to, func(t time.Time) time.Time { return day(t).AddDate(0, 0, 1) })
	case years*12 <= MaxCells:
		return Month, g.edges(from, to, func(t time.Time) time.Time { return month(t).AddDate(0, 1, 0) })
	case years <= MaxCells:
		return Year, g.edges(from, to, func(t time.Time) time.Time { return time.Date(t.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC) })
	default:
		return Block, blocks(from, to)
	}
}

// edges cuts a range where next says that another tile begins.
func (g grid) edges(from, to uint64, next func(time.Time) time.Time) []uint64 {
	edges := []uint64{from}
	for t := next(g.at(from)); ; t = next(t) {
		o := g.ordinal(t)
		if o >= to {
			return append(edges, to)
		}
		edges = append(edges, o)
	}
}

func day(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }

func month(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }

// wantedBlocks is about how many blocks a range is cut into.
const wantedBlocks = 1500

// blocks cuts a range into pieces of a round number of keys.
func blocks(from, to uint64) []uint64 {
	size := roundUp((to - from + wantedBlocks - 1) / wantedBlocks)
	edges := []uint64{from}
	for o := from + size; o < to; o += size {
		edges = append(edges, o)
	}
	return append(edges, to)
}

// roundUp is the least of 1, 2, 5, 10, 20, 50 … that is not below n.
func roundUp(n uint64) uint64 {
	for base := uint64(1); ; base *= 10 {
		for _, round := range []uint64{base, 2 * base, 5 * base} {
			if round >= n {
				return round
			}
		}
	}
}
