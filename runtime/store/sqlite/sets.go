package sqlite

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

// foldBatch bounds the rows that one fold reads before it looks whether its
// context has ended.
const foldBatch = 4096

// foldState is what is stored of an asset's sets, or what is to be stored.
type foldState struct {
	sets    store.PartitionSets
	change  int64 // rows up to this change are in the sets
	found   foldID
	outside int64 // rows that were left out
}

// foldID tells one stored fold of an asset from another; zero means none.
type foldID struct {
	fingerprint string
	change      int64
}

// PartitionSets returns the states of all keys as sets of ordinals.
func (l *location) PartitionSets(ctx context.Context, asset string, space partition.Space, now time.Time) (store.PartitionSets, error) {
	var f foldState
	err := l.view(ctx, "read partitions", func(c *conn, loc int64) error {
		id, err := l.db.nameID(c, loc, asset)
		if err != nil || id == 0 {
			return err
		}
		if f, err = readFold(ctx, c, id, space, now); err == nil {
			f, err = foldRows(ctx, c, id, f, space, now)
		}
		return err
	})
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

// readFold reads the stored chunks. It starts from nothing when they belong to
// other ordinals, or when the space has grown and may now have keys that were
// left out.
func readFold(ctx context.Context, c *conn, asset int64, space partition.Space, now time.Time) (foldState, error) {
	var f foldState
	r, err := c.first(`SELECT fingerprint, change, keys, outside FROM folds WHERE asset = ?`, asset)
	if err != nil || r == nil {
		return f, err
	}
	f.found = foldID{r.text(0), r.int(1)}
	grown := r.int(3) > 0 && space.Count(now) > uint64(r.int(2))
	if r.text(0) != space.Fingerprint() || grown {
		return f, nil
	}
	f.change, f.outside = r.int(1), r.int(3)
	parts := map[int64][]partition.Chunk{}
	err = c.each(ctx, `SELECT status, chunk, bits FROM chunks WHERE asset = ?`, func(r row) error {
		parts[r.int(0)] = append(parts[r.int(0)], partition.Chunk{Index: uint64(r.int(1)), Bits: r.blob(2)})
		return nil
	}, asset)
	if err != nil {
		return f, err
	}
	if f.sets.Materialized, err = partition.FromChunks(parts[chunkMaterialized]); err == nil {
		f.sets.Failed, err = partition.FromChunks(parts[chunkFailed])
	}
	if err != nil {
		return f, fmt.Errorf("stored partition sets: %w: %w", store.ErrCorrupt, err)
	}
	return f, nil
}

// changedRows are the rows that changed after a fold. The two halves use an
// index each; a row in both is read twice, which is harmless.
const changedRows = `SELECT key, mat_time, fail_time, mat_change FROM partitions WHERE asset = ? AND mat_change > ?
	UNION ALL
	SELECT key, mat_time, fail_time, fail_change FROM partitions WHERE asset = ? AND fail_change > ?`

const allRows = `SELECT key, mat_time, fail_time, max(coalesce(mat_change, 0), coalesce(fail_change, 0)) FROM partitions WHERE asset = ?`

// foldRows adds the rows that changed since to the sets.
func foldRows(ctx context.Context, c *conn, asset int64, f foldState, space partition.Space, now time.Time) (foldState, error) {
	out := f
	out.sets = store.PartitionSets{Materialized: f.sets.Materialized.Clone(), Failed: f.sets.Failed.Clone()}
	read := 0
	var mended partition.Set
	visit := func(r row) error {
		if read++; read%foldBatch == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		out.change = max(out.change, r.int(3))
		at, err := space.Ordinal(partition.Key(r.text(0)), now)
		if err != nil {
			out.outside++
			return nil //nolint:nilerr // keys outside of the space are left out
		}
		if !r.null(1) {
			out.sets.Materialized.Add(at)
		}
		if r.int(2) > r.int(1) {
			out.sets.Failed.Add(at)
		} else {
			mended.Add(at)
		}
		return nil
	}
	query, args := changedRows, []any{asset, f.change, asset, f.change}
	if f.change == 0 {
		query, args = allRows, []any{asset}
	}
	if err := c.each(background, query, visit, args...); err != nil {
		return f, err
	}
	out.sets.Failed = out.sets.Failed.AndNot(mended)
	return out, nil
}

// FoldPartitions brings the stored chunks of an asset up to its rows. The rows
// are read beside appends; the chunks are written in one short transaction,
// unless another fold came first.
func (l *location) FoldPartitions(ctx context.Context, asset string, space partition.Space, now time.Time) error {
	if l.db.writer == nil {
		return fmt.Errorf("%s: %w", l.db.name, store.ErrReadOnly)
	}
	var before, after foldState
	var id int64
	err := l.view(ctx, "fold partitions", func(c *conn, loc int64) (err error) {
		if id, err = l.db.nameID(c, loc, asset); err != nil || id == 0 {
			return err
		}
		if before, err = readFold(ctx, c, id, space, now); err != nil {
			return err
		}
		after, err = foldRows(ctx, c, id, before, space, now)
		return err
	})
	if err != nil || id == 0 || after.change == before.change {
		return err
	}
	return l.db.write(ctx, func(t *tx) error { return t.saveFold(id, before, after, space, now) })
}

func (t *tx) saveFold(asset int64, before, after foldState, space partition.Space, now time.Time) error {
	r, err := t.first(`SELECT fingerprint, change FROM folds WHERE asset = ?`, asset)
	if err != nil {
		return err
	}
	var present foldID
	if r != nil {
		present = foldID{r.text(0), r.int(1)}
	}
	if present != before.found {
		return nil // another fold came first
	}
	if before.change == 0 {
		if _, err := t.exec(`DELETE FROM chunks WHERE asset = ?`, asset); err != nil {
			return err
		}
	}
	if err := t.saveChunks(asset, chunkMaterialized, before.sets.Materialized, after.sets.Materialized); err != nil {
		return err
	}
	if err := t.saveChunks(asset, chunkFailed, before.sets.Failed, after.sets.Failed); err != nil {
		return err
	}
	_, err = t.exec(`INSERT OR REPLACE INTO folds VALUES (?, ?, ?, ?, ?)`,
		asset, space.Fingerprint(), after.change, int64(space.Count(now)), after.outside)
	return err
}

// saveChunks writes the chunks that differ.
func (t *tx) saveChunks(asset int64, status int64, before, after partition.Set) error {
	old := map[uint64]string{}
	for c := range before.Chunks() {
		old[c.Index] = string(c.Bits)
	}
	for c := range after.Chunks() {
		was, known := old[c.Index]
		delete(old, c.Index)
		if known && was == string(c.Bits) {
			continue
		}
		_, err := t.exec(`INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?)`, asset, status, int64(c.Index), c.Bits)
		if err != nil {
			return err
		}
	}
	for index := range old {
		if _, err := t.exec(`DELETE FROM chunks WHERE asset = ? AND status = ? AND chunk = ?`, asset, status, int64(index)); err != nil {
			return err
		}
	}
	return nil
}
