package partition

import (
	"errors"
	"fmt"
	"time"
)

// cadence is what distinguishes one kind of time grid from another: the
// distance of its ticks and how a tick is written.
type cadence struct {
	kind Kind
	// step is the distance of two ticks in seconds.
	step int64
	// shape shows people what a key looks like.
	shape string
	// append writes the key of a tick; parse reads one. parse is false when the
	// text has another shape; a text of the right shape that lies between two
	// ticks gives the tick before and exact = false.
	append func(buf []byte, tick int64) []byte
	parse  func(text string) (tick int64, exact, ok bool)
}

var daily = cadence{
	kind: Daily, step: secondsPerDay, shape: "a day such as 2001-01-31",
	append: func(buf []byte, tick int64) []byte { return appendDate(buf, floorDiv(tick, secondsPerDay)) },
	parse: func(text string) (int64, bool, bool) {
		days, exact, ok := parseDate(text)
		return days * secondsPerDay, exact, ok
	},
}

var hourly = cadence{
	kind: Hourly, step: secondsPerHour, shape: "an hour such as 2001-01-31T05:00",
	append: func(buf []byte, tick int64) []byte {
		days := floorDiv(tick, secondsPerDay)
		hour := int(tick-days*secondsPerDay) / secondsPerHour
		return append(appendDate(buf, days), 'T', digit(hour/10), digit(hour), ':', '0', '0')
	},
	parse: parseHour,
}

func parseHour(text string) (tick int64, exact, ok bool) {
	if len(text) != 16 || text[10] != 'T' || text[13] != ':' {
		return 0, false, false
	}
	days, exact, ok := parseDate(text[:10])
	hour, ok1 := number(text[11:13])
	minute, ok2 := number(text[14:])
	if !ok || !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, false, false
	}
	if !exact {
		hour = 23 // the last hour before the next day that exists
	}
	return days*secondsPerDay + int64(hour)*secondsPerHour, exact && minute == 0, true
}

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}

// grid is a space of equally distant ticks on the naive wall-clock line (D-85).
type grid struct {
	cadence
	def Definition
	// start is the first tick. last is the last one that may ever exist: the
	// declared end, or the end of the calendar when open.
	start, last int64
	open        bool
	zone        *time.Location
}

var _ Space = (*grid)(nil)

func newGrid(def Definition, c cadence) (*grid, error) {
	g := &grid{cadence: c, def: def, open: def.End == ""}
	var problems []error
	if len(def.Keys) > 0 {
		problems = append(problems, fmt.Errorf("%s partitions have no list of keys", c.kind))
	}
	var err error
	if g.start, err = c.bound("start", def.Start); err != nil {
		problems = append(problems, err)
	}
	g.last = (maxDay+1)*secondsPerDay - c.step
	if !g.open {
		last, endErr := c.bound("end", def.End)
		if endErr != nil {
			problems = append(problems, endErr)
		} else if err == nil && last < g.start {
			problems = append(problems, fmt.Errorf("the end %s lies before the start %s", def.End, def.Start))
		}
		g.last = last
	}
	if g.zone, err = zoneOf(def.Timezone); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return g, nil
}

// bound reads the start or the end of a grid.
func (c cadence) bound(what, text string) (int64, error) {
	tick, exact, ok := c.parse(text)
	if !ok || !exact {
		return 0, fmt.Errorf("the %s %q of %s partitions is not %s", what, clip(text), c.kind, c.shape)
	}
	return tick, nil
}

// zoneOf loads an IANA zone; the host's own zone is no answer, since two
// replicas may disagree about it (D-87).
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("unknown timezone %q; want an IANA name such as Europe/Berlin", clip(name))
	}
	return zone, nil
}

func (g *grid) Definition() Definition { return g.def }

// Fingerprint depends on what decides the ordinals only: kind and start.
func (g *grid) Fingerprint() string { return string(g.kind) + ":" + string(g.key(g.start)) }

// limit returns the last tick that has a key at now; it lies before start when
// there is none.
func (g *grid) limit(now time.Time) int64 {
	if !g.open && !g.def.CompletedOnly {
		return g.last
	}
	local := now.In(g.zone)
	_, offset := local.Zone()
	wall := local.Unix() + int64(offset)
	switch {
	case g.def.CompletedOnly:
		wall -= g.step // tick + step <= now
	case local.Nanosecond() == 0:
		wall-- // tick < now
	}
	return min(wall, g.last)
}

func (g *grid) Count(now time.Time) uint64 {
	limit := g.limit(now)
	if limit < g.start {
		return 0
	}
	return uint64((limit-g.start)/g.step) + 1
}

func (g *grid) Key(ordinal uint64, now time.Time) (Key, bool) {
	if ordinal >= g.Count(now) {
		return "", false
	}
	return g.key(g.tick(ordinal)), true
}

// tick returns the tick of an ordinal; the ordinal must be below the count.
func (g *grid) tick(ordinal uint64) int64 { return g.start + int64(ordinal)*g.step }

func (g *grid) key(tick int64) Key {
	var buf [24]byte
	return Key(g.append(buf[:0], tick))
}

func (g *grid) Ordinal(key Key, now time.Time) (uint64, error) {
	tick, exact, ok := g.parse(string(key))
	limit := g.limit(now)
	problem := ""
	switch {
	case !ok: // what is no time is near to none
		return 0, &KeyError{Key: key, Problem: "is not " + g.shape}
	case !exact:
		problem = "is not on the " + string(g.kind) + " grid"
	case tick < g.start:
		problem = "is before the first key"
	case tick > limit && limit < g.start:
		problem = "is not valid yet: there is no key before " + string(g.key(g.start))
	case tick > limit:
		problem = "is after the last key"
	default:
		return uint64((tick - g.start) / g.step), nil
	}
	return 0, &KeyError{Key: key, Problem: problem, near: func() []Key { return g.near(tick, now) }}
}

// near returns the keys around tick: the last one at or before it and the first
// one after it, as far as they exist at now.
func (g *grid) near(tick int64, now time.Time) []Key {
	n := g.Count(now)
	switch {
	case n == 0:
		return nil
	case tick < g.start:
		return []Key{g.key(g.start)}
	case tick >= g.tick(n-1):
		return []Key{g.key(g.tick(n - 1))}
	}
	at := uint64((tick - g.start) / g.step)
	return []Key{g.key(g.tick(at)), g.key(g.tick(at + 1))}
}

func (g *grid) Window(key Key) (Window, bool) {
	tick, exact, ok := g.parse(string(key))
	if !ok || !exact || tick < g.start || tick > g.last {
		return Window{}, false
	}
	return Window{Start: g.wall(tick), End: g.wall(tick + g.step)}, true
}

// wall returns the instant at which clocks of the zone show tick; a time that
// daylight saving left out is the one that far after the gap's beginning.
func (g *grid) wall(tick int64) time.Time {
	t := time.Unix(tick, 0).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, g.zone)
}
