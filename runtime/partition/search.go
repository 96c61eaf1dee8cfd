package partition

import (
	"bytes"
	"strings"
	"time"
)

// Search pages the keys of space that contain substring, in definition order and
// by case (D-93). It returns at most limit keys, beginning with the match number
// offset, and the number of all matches. Empty text matches every key. It visits
// the keys one by one in constant memory; without text it does not visit them
// at all.
func Search(space Space, substring string, now time.Time, offset uint64, limit int) (keys []Key, total uint64) {
	limit = max(limit, 0)
	if substring == "" {
		total = space.Count(now)
		for at := offset; at < total && len(keys) < limit; at++ {
			key, _ := space.Key(at, now)
			keys = append(keys, key)
		}
		return keys, total
	}
	match := func(key Key) {
		if total >= offset && len(keys) < limit {
			keys = append(keys, key)
		}
		total++
	}
	if g, ok := space.(*grid); ok {
		g.search([]byte(substring), now, match)
		return keys, total
	}
	count := space.Count(now)
	for at := range count {
		if key, ok := space.Key(at, now); ok && strings.Contains(string(key), substring) {
			match(key)
		}
	}
	return keys, total
}

// search calls match for each key that contains text; only those become
// strings, and the date is written once a day.
func (g *grid) search(text []byte, now time.Time, match func(Key)) {
	buf := make([]byte, 0, 24)
	today := minDay - 1
	for tick, limit := g.start, g.limit(now); tick <= limit; tick += g.step {
		if day := floorDiv(tick, secondsPerDay); day != today || g.kind != Hourly {
			buf, today = g.append(buf[:0], tick), day
		} else {
			hour := int(tick-day*secondsPerDay) / secondsPerHour
			buf[11], buf[12] = digit(hour/10), digit(hour)
		}
		if bytes.Contains(buf, text) {
			match(Key(buf))
		}
	}
}
