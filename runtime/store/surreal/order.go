package surreal

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"
)

// The engine walks an index only forwards, so what is listed newest first is
// stored under its time counted down from the end of time. The text of such a
// place has 19 digits, followed by a tie: what orders records of one instant,
// counted down likewise.

// sep parts the elements of a group; names and ids hold no control characters.
const sep = "\x1f"

// group joins the elements that a list is about.
func group(parts ...string) string { return strings.Join(parts, sep) }

// down is the text of an instant, counted down.
func down(ns int64) string { return fmt.Sprintf("%019d", math.MaxInt64-ns) }

// downExpr is down as an expression of a query.
func downExpr(ns string) string { return "<string>(9223372036854775807 - " + ns + ")" }

// tieRun orders the runs of one instant: a later id comes first. What is no run,
// the stream of an asset, comes before all.
func tieRun(run string) string {
	u, err := uuid.Parse(run)
	if err != nil {
		return strings.Repeat("0", 32)
	}
	for i := range u {
		u[i] = ^u[i]
	}
	return hex.EncodeToString(u[:])
}

// tieEvent orders the events of one instant: by run, then by number.
func tieEvent(stream string, seq int64) string {
	return tieRun(stream) + fmt.Sprintf("%019d", math.MaxInt64-seq)
}

// placeOf reads the numbers of a place: the instant, both halves of the run's
// id and, when there is one, the number of the event. They are what page tokens
// carry.
func placeOf(rev string) ([]int64, error) {
	var at, seq int64
	if len(rev) < 51 {
		return nil, fmt.Errorf("place %q is malformed", rev)
	}
	if _, err := fmt.Sscanf(rev[:19], "%d", &at); err != nil {
		return nil, fmt.Errorf("place %q is malformed: %w", rev, err)
	}
	raw, err := hex.DecodeString(rev[19:51])
	if err != nil {
		return nil, fmt.Errorf("place %q is malformed: %w", rev, err)
	}
	out := []int64{at, int64(binary.BigEndian.Uint64(raw[:8])), int64(binary.BigEndian.Uint64(raw[8:]))} //nolint:gosec // bits
	if len(rev) == 70 {
		if _, err := fmt.Sscanf(rev[51:], "%d", &seq); err != nil {
			return nil, fmt.Errorf("place %q is malformed: %w", rev, err)
		}
		out = append(out, seq)
	}
	return out, nil
}

// place is the text that placeOf read.
func place(n []int64) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(n[1])) //nolint:gosec // bits
	binary.BigEndian.PutUint64(raw[8:], uint64(n[2])) //nolint:gosec // bits
	rev := fmt.Sprintf("%019d", n[0]) + hex.EncodeToString(raw[:])
	if len(n) > 3 {
		rev += fmt.Sprintf("%019d", n[3])
	}
	return rev
}
