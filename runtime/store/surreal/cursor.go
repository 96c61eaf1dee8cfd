package surreal

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"

	"rivers.io/runtime/store"
)

const (
	// cursorMarks is how many changes a cursor remembers to have been seen;
	// more may be seen again when the watch is resumed.
	cursorMarks = 128
	// positionMarks is how many a running watch remembers.
	positionMarks = 4096
)

// position is how far a watch of a location has seen. Changes may become visible
// a little later than others that bear a later time, so beside the time of the
// last one it remembers which it saw of the time before that, within overlap.
type position struct {
	at int64
	// seen are the pulses as they were seen last.
	seen map[pulseKey]mark
	// old are the marks that the cursor brought which the watch began with.
	old map[uint64]bool
}

// mark is one state of one pulse.
type mark struct {
	hash uint64
	at   int64
	n    int64
}

func newPosition() *position { return &position{seen: map[pulseKey]mark{}, old: map[uint64]bool{}} }

func markOf(p *pulse) mark {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x1f%s\x1f%d\x1f%d\x1f%d", p.What, p.Ident, p.Seq, p.At, p.N)
	return mark{hash: h.Sum64(), at: p.At, n: p.N}
}

// knows reports whether this state of the pulse, or a later one, was seen.
func (p *position) knows(q *pulse) bool {
	m := markOf(q)
	if s, ok := p.seen[q.key()]; ok && (m.n > 0 && s.n >= m.n || s.hash == m.hash) {
		return true
	}
	return p.old[m.hash]
}

// follows reports whether the pulse changed just once since it was seen.
func (p *position) follows(q *pulse) bool {
	return q.N == 1 || q.N > 1 && p.seen[q.key()].n == q.N-1
}

// note remembers that the pulse was seen.
func (p *position) note(q *pulse) {
	p.seen[q.key()] = markOf(q)
	p.at = max(p.at, q.At)
	if len(p.seen) > positionMarks {
		p.forget()
	}
}

// forget drops the marks before the window, and the oldest of those in it when
// they are too many.
func (p *position) forget() {
	least := p.from()
	var times []int64
	for _, m := range p.seen {
		if m.at >= least {
			times = append(times, m.at)
		}
	}
	if len(times) > positionMarks/2 {
		slices.Sort(times)
		least = times[len(times)-positionMarks/2]
	}
	kept := 0
	for k, m := range p.seen {
		if kept++; m.at < least || kept > positionMarks/2 {
			delete(p.seen, k)
		}
	}
}

// from is the time from which on changes may not have been visible.
func (p *position) from() int64 { return max(p.at-int64(overlap), 0) }

// cursor is the position as text: the time, then as many marks as fit, the
// newest first.
func (p *position) cursor() string {
	var marks []mark
	for _, m := range p.seen {
		if m.at >= p.from() {
			marks = append(marks, m)
		}
	}
	slices.SortFunc(marks, func(a, b mark) int {
		if a.at != b.at {
			return int(min(max(b.at-a.at, -1), 1))
		}
		return 0
	})
	raw := binary.BigEndian.AppendUint64(nil, uint64(p.at)) //nolint:gosec // bits
	for _, m := range marks[:min(len(marks), cursorMarks)] {
		raw = binary.BigEndian.AppendUint64(raw, m.hash)
	}
	for hash := range p.old {
		if len(raw) >= 8*(1+cursorMarks) {
			break
		}
		raw = binary.BigEndian.AppendUint64(raw, hash)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parseCursor reads what cursor wrote.
func parseCursor(text string) (*position, error) {
	malformed := fmt.Errorf("watch cursor %q is malformed: %w", beginning(text), store.ErrInvalid)
	if len(text) > base64.RawURLEncoding.EncodedLen(8*(1+cursorMarks)) {
		return nil, malformed
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 8 || len(raw)%8 != 0 || raw[0] >= 0x80 {
		return nil, malformed
	}
	p := newPosition()
	p.at = int64(binary.BigEndian.Uint64(raw)) //nolint:gosec // checked above
	for raw = raw[8:]; len(raw) > 0; raw = raw[8:] {
		p.old[binary.BigEndian.Uint64(raw)] = true
	}
	return p, nil
}

func beginning(text string) string {
	if len(text) > 64 {
		return text[:64] + "…"
	}
	return text
}
