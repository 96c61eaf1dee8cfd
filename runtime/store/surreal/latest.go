package surreal

import (
	"context"
	"fmt"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// partRow is what is known about one key of an asset: its newest materialization
// and its newest failure.
type partRow struct {
	Asset string `json:"asset"`
	Key   string `json:"key"`
	// MT and FT are the instants that tell which of both is the newer.
	MT int64 `json:"mt"`
	FT int64 `json:"ft"`
	// MRev and FRev are the places of both in the order of changes, which only an
	// export reads.
	MRev string `json:"mrev"`
	FRev string `json:"frev"`
	// Run is the run of the failure.
	Run string `json:"frun"`
	// The event of the materialization; P is absent when there is none.
	Stream string `json:"stream"`
	Seq    int64  `json:"seq"`
	T      int64  `json:"t"`
	Step   string `json:"step"`
	SKey   string `json:"skey"`
	Number int    `json:"number"`
	P      []byte `json:"p"`
	// OT is when the key was observed last.
	OT int64 `json:"ot"`
}

const partFields = "id[1] AS asset, key, mt, ft, frun, stream, seq, t, step, skey, number, p, ot"

// last is the newest materialization, or nil.
func (r *partRow) last() (*store.Materialized, error) {
	if len(r.P) == 0 {
		return nil, nil
	}
	p, err := event.Decode(event.TypeMaterialization, r.P)
	if err != nil {
		return nil, fmt.Errorf("materialization of %s[%s]: %w: %w", r.Asset, r.Key, store.ErrCorrupt, err)
	}
	m, ok := p.(*event.Materialization)
	if !ok {
		return nil, fmt.Errorf("event %d of %s is no materialization: %w", r.Seq, r.Stream, store.ErrCorrupt)
	}
	return &store.Materialized{
		Asset: r.Asset, Key: partition.Key(r.Key), Run: r.Stream, Seq: uint64(r.Seq), Time: instant(r.T), Event: *m, //nolint:gosec // never negative
		Attempt: event.Attempt{Step: event.Step{Name: r.Step, Key: partition.Key(r.SKey)}, Number: r.Number},
	}, nil
}

func (r *partRow) state() (store.PartitionState, error) {
	s := store.PartitionState{Key: partition.Key(r.Key), MaterializedAt: instant(r.MT), FailedAt: instant(r.FT)}
	last, err := r.last()
	if err != nil {
		return s, err
	}
	if last != nil {
		s.Run, s.DataVersion, s.CodeVersion = last.Run, last.Event.DataVersion, last.Event.CodeVersion
	}
	if s.IsFailed() {
		s.Run = r.Run
	}
	return s, nil
}

// parts reads what is known about keys; those of which nothing is known are
// left out.
func (l *location) parts(ctx context.Context, doing string, keys []store.AssetKey) (map[store.AssetKey]*partRow, error) {
	found := make(map[store.AssetKey]*partRow, len(keys))
	if len(keys) > store.MaxKeys {
		return nil, fmt.Errorf("%d keys exceed %d: %w", len(keys), store.MaxKeys, store.ErrInvalid)
	}
	if len(keys) == 0 {
		return found, nil
	}
	ids := make([]models.RecordID, len(keys))
	for i, k := range keys {
		ids[i] = recordID("part", l.ident, k.Asset, string(k.Key))
	}
	s := newScript()
	s.answer("SELECT ", partFields, " FROM ", s.arg(ids))
	var rows []partRow
	if err := l.db.read(ctx, doing, s, &rows); err != nil {
		return nil, err
	}
	for i := range rows {
		found[store.AssetKey{Asset: rows[i].Asset, Key: partition.Key(rows[i].Key)}] = &rows[i]
	}
	return found, nil
}

// Latest returns the newest materialization of each given key that has one.
func (l *location) Latest(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error) {
	rows, err := l.parts(ctx, "read materializations", keys)
	if err != nil {
		return nil, err
	}
	found := make(map[store.AssetKey]store.Materialized, len(rows))
	for k, row := range rows {
		last, err := row.last()
		if err != nil {
			return nil, err
		}
		if last != nil {
			found[k] = *last
		}
	}
	return found, nil
}

// PartitionStates returns what is known about the given keys, in order.
func (l *location) PartitionStates(ctx context.Context, asset string, keys []partition.Key) ([]store.PartitionState, error) {
	names := make([]store.AssetKey, len(keys))
	for i, key := range keys {
		names[i] = store.AssetKey{Asset: asset, Key: key}
	}
	rows, err := l.parts(ctx, "read partitions", names)
	if err != nil {
		return nil, err
	}
	list := make([]store.PartitionState, len(keys))
	for i, name := range names {
		list[i].Key = name.Key
		if row := rows[name]; row != nil {
			if list[i], err = row.state(); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}
