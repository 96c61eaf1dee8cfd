package surreal

import (
	"context"
	"slices"

	"rivers.io/runtime/store"
)

// pulse is what changed last about one stream, or about the catalogue. It tells
// who missed changes that there were some, and a notification of it tells what
// the change was.
type pulse struct {
	What  string `json:"what"`
	Ident string `json:"ident"`
	Seq   int64  `json:"seq"`
	At    int64  `json:"at"`
	// N counts the changes of the record, from 1.
	N int64 `json:"n"`
	// Kinds and Assets are those of the last change alone. HintAsset without
	// assets means many.
	Kinds  []store.HintKind `json:"kinds"`
	Assets []string         `json:"assets"`
	// EventsAt, RunAt and AssetAt are when the kinds changed last; 0 for never.
	EventsAt int64 `json:"events_at"`
	RunAt    int64 `json:"run_at"`
	AssetAt  int64 `json:"asset_at"`
	Deleted  bool  `json:"deleted"`
}

const pulseFields = "what, ident, seq, loc, at, n, kinds, assets, events_at, run_at, asset_at, deleted"

// pulseKey names a pulse of a location.
type pulseKey struct{ what, ident string }

func (p *pulse) key() pulseKey { return pulseKey{p.What, p.Ident} }

// merge adds a later change of the same record.
func (p *pulse) merge(later *pulse) {
	if later.N < p.N {
		return
	}
	kinds, assets := p.Kinds, p.Assets
	many := p.has(store.HintAsset) && len(p.Assets) == 0 || later.has(store.HintAsset) && len(later.Assets) == 0
	*p = *later
	p.Kinds = union(kinds, later.Kinds)
	p.Assets = union(assets, later.Assets)
	if many || len(p.Assets) > hintAssets {
		p.Assets = nil
	}
}

func (p *pulse) has(kind store.HintKind) bool { return slices.Contains(p.Kinds, kind) }

func union[T ~string](a, b []T) []T {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// since makes the kinds those of all changes since an instant, as far as the
// record tells: which assets they were about it does not.
func (p *pulse) since(at int64) {
	within := func(changed int64) bool { return changed > 0 && changed >= at }
	var kinds []store.HintKind
	switch {
	case p.What == pulseLogs:
		kinds = []store.HintKind{store.HintLogs}
	case p.What == pulseCatalogue:
		kinds = []store.HintKind{store.HintCatalogue}
	default:
		if within(p.RunAt) || p.Deleted {
			kinds = append(kinds, store.HintRun)
		}
		if within(p.EventsAt) && !p.Deleted {
			kinds = append(kinds, store.HintEvents)
		}
		if within(p.AssetAt) && !p.Deleted {
			kinds = append(kinds, store.HintAsset)
		}
	}
	p.Kinds, p.Assets = union(kinds, p.Kinds), nil
}

// kindOrder is how hints list their kinds.
var kindOrder = []store.HintKind{store.HintRun, store.HintEvents, store.HintAsset, store.HintLogs, store.HintCatalogue}

// hints makes one hint for each stream, in the order of the first pulse of each.
func hints(pulses []*pulse) []store.Hint {
	var list []store.Hint
	places := map[string]int{}
	for _, p := range pulses {
		i, known := places[p.Ident]
		if !known {
			i = len(list)
			places[p.Ident] = i
			list = append(list, store.Hint{Stream: p.Ident})
		}
		h := &list[i]
		h.Seq = max(h.Seq, uint64(p.Seq)) //nolint:gosec // never negative
		h.Deleted = h.Deleted || p.Deleted
		for _, k := range kindOrder {
			if p.has(k) && !slices.Contains(h.Kinds, k) {
				h.Kinds = append(h.Kinds, k)
			}
		}
		if p.has(store.HintAsset) {
			h.Assets = p.Assets // only the pulse of events names assets
		}
	}
	return list
}

// pulsePage is the most pulses that one read brings.
const pulsePage = 500

// pulses reads the pulses of the location that changed at an instant or later,
// in the order of their changes, at most limit.
func (l *location) pulses(ctx context.Context, from int64, limit int) ([]*pulse, error) {
	s := newScript()
	s.answer("SELECT ", pulseFields, " FROM pulse WHERE loc = ", s.arg(l.ident), " AND at >= ", s.arg(from),
		" ORDER BY loc, at LIMIT ", s.arg(limit))
	var rows []*pulse
	err := l.db.read(ctx, "read what changed", s, &rows)
	return rows, err
}

// clockAt is the latest time of a change that the location remembers; the last
// change may be clockJump later.
func (l *location) clockAt(ctx context.Context) (int64, error) {
	s := newScript()
	s.answer("RETURN ", s.arg(recordID("clock", l.ident)), ".at ?? 0")
	var at int64
	err := l.db.read(ctx, "start a watch", s, &at)
	return at, err
}
