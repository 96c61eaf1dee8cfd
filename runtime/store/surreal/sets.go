package surreal

import (
	"context"
	"fmt"
	"time"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// The statuses of stored chunks.
const (
	chunkMaterialized = 0
	chunkFailed       = 1
)

// foldRecord is what is stored about the folded sets of an asset.
type foldRecord struct {
	// N counts the folds.
	N           int64  `json:"n"`
	Fingerprint string `json:"fingerprint"`
	// At is the time, in the order of changes of the location, up to which rows
	// are in the sets, but for those of transactions that were under way.
	At int64 `json:"at"`
	// Keys is how many keys the space had, Outside how many rows were left out.
	Keys    uint64 `json:"keys"`
	Outside int64  `json:"outside"`
}

// foldState is what is stored of an asset's sets, or what is to be stored.
type foldState struct {
	foldRecord
	sets store.PartitionSets
	// whole tells that the sets begin with nothing.
	whole bool
	rows  int // read to bring the sets up
}

// PartitionSets returns the states of all keys as sets of ordinals.
func (l *location) PartitionSets(ctx context.Context, asset string, space partition.Space, now time.Time) (store.PartitionSets, error) {
	_, f, err := l.foldNow(ctx, asset, space, now)
	if err != nil {
		return store.PartitionSets{}, err
	}
	n := space.Count(now)
	return store.PartitionSets{Materialized: clip(f.sets.Materialized, n), Failed: clip(f.sets.Failed, n)}, nil
}

// clip leaves out ordinals that the space does not have at present, such as
// those past an end that was moved back.
func clip(s partition.Set, n uint64) partition.Set {
	if last, ok := s.Max(); ok && last >= n {
		return s.And(partition.Span(0, n))
	}
	return s
}

// foldNow returns the stored sets and those of the present.
func (l *location) foldNow(ctx context.Context, asset string, space partition.Space, now time.Time) (before, after foldState, err error) {
	before, at, err := l.readFold(ctx, asset, space, now)
	if err != nil {
		return before, after, err
	}
	w := &foldWalk{l: l, asset: asset, space: space, now: now, states: map[uint64]bool{}}
	if err := w.run(ctx, before, at); err != nil {
		return before, after, err
	}
	after = w.apply(before)
	after.At, after.Fingerprint, after.Keys = at, space.Fingerprint(), space.Count(now)
	return before, after, nil
}

// readFold reads the stored sets, and the present in the order of changes. It
// starts from nothing when the sets belong to other ordinals, or when the space
// has grown and may now have keys that were left out.
func (l *location) readFold(ctx context.Context, asset string, space partition.Space, now time.Time) (f foldState, at int64, err error) {
	s := newScript()
	prefix := s.arg(l.ident) + ", " + s.arg(asset)
	s.answer("RETURN {at: math::max([", l.db.clock(s), ", ", s.arg(recordID("clock", l.ident)), ".at ?? 0]), fold: (SELECT n, fingerprint, at, keys, outside FROM ONLY ",
		s.arg(recordID("fold", l.ident, asset)), "), chunks: (SELECT id[2] AS status, id[3] AS i, bits FROM chunk:[", prefix, "]..=[", prefix, ", ..])}")
	var got struct {
		At     int64       `json:"at"`
		Fold   *foldRecord `json:"fold"`
		Chunks []struct {
			Status int    `json:"status"`
			Index  uint64 `json:"i"`
			Bits   []byte `json:"bits"`
		} `json:"chunks"`
	}
	if err := l.db.read(ctx, "read partitions", s, &got); err != nil {
		return f, 0, err
	}
	f.whole = true
	if got.Fold == nil {
		return f, got.At, nil
	}
	grown := got.Fold.Outside > 0 && space.Count(now) > got.Fold.Keys
	if got.Fold.Fingerprint != space.Fingerprint() || grown {
		f.N = got.Fold.N
		return f, got.At, nil
	}
	f.foldRecord, f.whole = *got.Fold, false
	parts := map[int][]partition.Chunk{}
	for _, c := range got.Chunks {
		parts[c.Status] = append(parts[c.Status], partition.Chunk{Index: c.Index, Bits: c.Bits})
	}
	if f.sets.Materialized, err = partition.FromChunks(parts[chunkMaterialized]); err == nil {
		f.sets.Failed, err = partition.FromChunks(parts[chunkFailed])
	}
	if err != nil {
		return f, 0, fmt.Errorf("stored partition sets: %w: %w", store.ErrCorrupt, err)
	}
	return f, got.At, nil
}

// The bounds of one page of rows.
const (
	firstFoldPage = 256
	mostFoldPage  = 8192
)

// foldWalk reads rows of an asset from the newest on.
type foldWalk struct {
	l     *location
	asset string
	space partition.Space
	now   time.Time

	made    partition.Set
	states  map[uint64]bool // ordinals that were read: whether they are failed
	outside int64
	rows    int
}

// The walks of one fold: a row that changes while its list is walked moves to
// the front, perhaps before it was met. So after a walk of many pages what
// changed meanwhile is walked again.
const foldWalks = 3

func (w *foldWalk) run(ctx context.Context, f foldState, at int64) error {
	until := ""
	if !f.whole {
		until = down(f.At - int64(overlap))
	}
	for range foldWalks {
		pages := 0
		for _, field := range []string{"mrev", "frev"} {
			n, err := w.walk(ctx, field, until)
			if err != nil {
				return err
			}
			pages = max(pages, n)
		}
		if pages <= 1 {
			return nil
		}
		until = down(at - int64(overlap))
	}
	return nil
}

// foldRow is what sets tell about a key, and its place in the list.
type foldRow struct {
	Key string `json:"key"`
	MT  *int64 `json:"mt"`
	FT  int64  `json:"ft"`
	At  string `json:"at"`
}

// walk reads the rows before a place, or all, and returns how many pages it took.
func (w *foldWalk) walk(ctx context.Context, field, until string) (pages int, err error) {
	after, limit := "", firstFoldPage
	for {
		pages++
		s := newScript()
		s.answer("SELECT g, ", field, ", ", field, " AS at, key, mt, ft FROM part WHERE g = ", s.arg(group(w.l.ident, w.asset)), " AND ", field, " > ", s.arg(after),
			" ORDER BY g, ", field, " LIMIT ", s.arg(limit))
		var rows []foldRow
		if err := w.l.db.read(ctx, "read partitions", s, &rows); err != nil {
			return pages, err
		}
		for i := range rows {
			if until != "" && rows[i].At >= until {
				return pages, nil
			}
			w.visit(&rows[i])
		}
		if len(rows) < limit {
			return pages, nil
		}
		after, limit = rows[len(rows)-1].At, min(4*limit, mostFoldPage)
	}
}

func (w *foldWalk) visit(r *foldRow) {
	w.rows++
	at, err := w.space.Ordinal(partition.Key(r.Key), w.now)
	if err != nil {
		w.outside++ // keys outside of the space are left out
		return
	}
	made := int64(0)
	if r.MT != nil {
		made = *r.MT
		w.made.Add(at)
	}
	w.states[at] = r.FT > made
}

// apply adds what was read to the sets.
func (w *foldWalk) apply(f foldState) foldState {
	out := f
	var failed, mended partition.Set
	for at, bad := range w.states {
		if bad {
			failed.Add(at)
		} else {
			mended.Add(at)
		}
	}
	out.sets.Materialized = f.sets.Materialized.Or(w.made)
	out.sets.Failed = f.sets.Failed.AndNot(mended).Or(failed)
	out.rows = w.rows
	if w.outside > 0 {
		out.Outside = max(f.Outside, w.outside)
	}
	return out
}

// foldWorth is how many rows that were folded already a reader may have to read
// again before a fold is written for their sake alone.
const foldWorth = 256

// FoldPartitions brings the stored chunks of an asset up to its rows. The rows
// are read beside appends; the chunks are written in one short transaction,
// unless another fold came first.
func (l *location) FoldPartitions(ctx context.Context, asset string, space partition.Space, now time.Time) error {
	if err := l.writable(); err != nil {
		return err
	}
	before, after, err := l.foldNow(ctx, asset, space, now)
	if err != nil || after.rows == 0 && before.N == 0 {
		return err
	}
	same := !before.whole && after.Outside == before.Outside &&
		after.sets.Materialized.Equal(before.sets.Materialized) && after.sets.Failed.Equal(before.sets.Failed)
	if same && after.rows < foldWorth {
		return nil
	}
	err = l.db.read(ctx, "fold partitions", l.foldScript(asset, before, after), nil)
	if isMoved(err) {
		return nil // another fold came first
	}
	return err
}

func (l *location) foldScript(asset string, before, after foldState) *script {
	s := l.db.begin()
	id, n := s.arg(recordID("fold", l.ident, asset)), s.arg(before.N)
	s.refuse(moved, id+".n ?? 0", n)
	s.do("UPSERT ", id, " SET n = ", n, " + 1, fingerprint = ", s.arg(after.Fingerprint), ", at = ", s.arg(after.At),
		", keys = ", s.arg(after.Keys), ", outside = ", s.arg(after.Outside), " RETURN NONE")
	if before.whole {
		prefix := s.arg(l.ident) + ", " + s.arg(asset)
		s.do("DELETE chunk:[", prefix, "]..=[", prefix, ", ..] RETURN NONE")
	}
	l.writeChunks(s, asset, chunkMaterialized, before.sets.Materialized, after.sets.Materialized)
	l.writeChunks(s, asset, chunkFailed, before.sets.Failed, after.sets.Failed)
	s.do("COMMIT")
	return s
}

// writeChunks writes the chunks that differ.
func (l *location) writeChunks(s *script, asset string, status int, before, after partition.Set) {
	old := map[uint64]string{}
	for c := range before.Chunks() {
		old[c.Index] = string(c.Bits)
	}
	var rows []map[string]any
	for c := range after.Chunks() {
		was, known := old[c.Index]
		delete(old, c.Index)
		if !known || was != string(c.Bits) {
			rows = append(rows, map[string]any{"id": recordID("chunk", l.ident, asset, status, c.Index), "bits": c.Bits})
		}
	}
	if len(rows) > 0 {
		s.do("INSERT INTO chunk ", s.arg(rows), " ON DUPLICATE KEY UPDATE bits = $input.bits RETURN NONE")
	}
	for index := range old {
		s.do("DELETE ", s.arg(recordID("chunk", l.ident, asset, status, index)), " RETURN NONE")
	}
}
