package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// keyColumns are what is known about a key; the event is absent when the run
// was deleted, and kept then takes its place.
const keyColumns = `p.key, p.mat_time, p.fail_time, p.kept, p.fail_run,
	ms.ident, fs.ident, e.seq, e.time, e.type, e.step, e.key, e.attempt, e.payload`

const keyTables = `partitions p
	LEFT JOIN streams ms ON ms.id = p.mat_stream LEFT JOIN streams fs ON fs.id = p.fail_stream
	LEFT JOIN events e ON e.stream = p.mat_stream AND e.seq = p.mat_seq`

// keyRow is what is known about one key of an asset.
type keyRow struct {
	key               partition.Key
	matTime, failTime int64
	failRun           string
	last              *store.Materialized
	step              int64 // of last, when it has no name yet
}

// keptMaterialization is what stays of a materialization whose run is deleted.
type keptMaterialization struct {
	Run     string                `json:"run"`
	Attempt event.Attempt         `json:"attempt"`
	Seq     uint64                `json:"seq"`
	Time    int64                 `json:"time"`
	Event   event.Materialization `json:"event"`
}

func scanKey(r row, at int, asset string) (keyRow, error) {
	k := keyRow{key: partition.Key(r.text(at)), matTime: r.int(at + 1), failTime: r.int(at + 2), failRun: r.text(at + 4)}
	if !r.null(at + 6) {
		k.failRun = r.text(at + 6)
	}
	switch {
	case !r.null(at + 3):
		return k, k.restore(r.blob(at+3), asset)
	case !r.null(at + 7):
		e, err := scanEvent(r, at+7, r.text(at+5))
		if err != nil {
			return k, err
		}
		m, ok := e.Payload.(*event.Materialization)
		if !ok {
			return k, fmt.Errorf("event %d of %s is no materialization: %w", e.Seq, e.Stream, store.ErrCorrupt)
		}
		k.step = e.step
		k.last = &store.Materialized{Asset: asset, Key: k.key, Run: e.Stream, Attempt: e.Attempt, Seq: e.Seq, Time: e.Time, Event: *m}
	}
	return k, nil
}

func (k *keyRow) restore(raw []byte, asset string) error {
	var kept keptMaterialization
	if err := json.Unmarshal(raw, &kept); err != nil {
		return fmt.Errorf("kept materialization of %s[%s]: %w: %w", asset, k.key, store.ErrCorrupt, err)
	}
	k.last = &store.Materialized{
		Asset: asset, Key: k.key, Run: kept.Run, Attempt: kept.Attempt, Seq: kept.Seq, Time: instant(kept.Time), Event: kept.Event,
	}
	return nil
}

// name completes what scanKey could not look up inside of an answer.
func (d *DB) nameKeyRow(c *conn, k *keyRow) error {
	if k.last == nil || k.step == 0 {
		return nil
	}
	name, err := d.nameOf(c, k.step)
	k.last.Attempt.Name = name
	return err
}

// keyRow returns what is known about one key, or nil.
func (d *DB) keyRow(c *conn, asset int64, name string, key partition.Key) (*keyRow, error) {
	r, err := c.first(`SELECT `+keyColumns+` FROM `+keyTables+` WHERE p.asset = ? AND p.key = ?`, asset, string(key))
	if err != nil || r == nil {
		return nil, err
	}
	k, err := scanKey(r, 0, name)
	if err != nil {
		return nil, err
	}
	return &k, d.nameKeyRow(c, &k)
}

// Latest returns the newest materialization of each given key that has one.
func (l *location) Latest(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error) {
	if len(keys) > store.MaxKeys {
		return nil, fmt.Errorf("%d keys exceed %d: %w", len(keys), store.MaxKeys, store.ErrInvalid)
	}
	found := make(map[store.AssetKey]store.Materialized, len(keys))
	err := l.view(ctx, "read materializations", func(c *conn, loc int64) error {
		for _, k := range keys {
			id, err := l.db.nameID(c, loc, k.Asset)
			if err != nil {
				return err
			}
			if id == 0 {
				continue
			}
			got, err := l.db.keyRow(c, id, k.Asset, k.Key)
			if err != nil {
				return err
			}
			if got != nil && got.last != nil {
				found[k] = *got.last
			}
		}
		return nil
	})
	return found, err
}

// PartitionStates returns what is known about the given keys, in order.
func (l *location) PartitionStates(ctx context.Context, asset string, keys []partition.Key) ([]store.PartitionState, error) {
	if len(keys) > store.MaxKeys {
		return nil, fmt.Errorf("%d keys exceed %d: %w", len(keys), store.MaxKeys, store.ErrInvalid)
	}
	list := make([]store.PartitionState, len(keys))
	err := l.view(ctx, "read partitions", func(c *conn, loc int64) error {
		id, err := l.db.nameID(c, loc, asset)
		if err != nil {
			return err
		}
		for i, key := range keys {
			list[i].Key = key
			if id == 0 {
				continue
			}
			k, err := l.db.keyRow(c, id, asset, key)
			if err != nil {
				return err
			}
			if k != nil {
				list[i] = k.state()
			}
		}
		return nil
	})
	return list, err
}

func (k *keyRow) state() store.PartitionState {
	s := store.PartitionState{Key: k.key, MaterializedAt: instant(k.matTime), FailedAt: instant(k.failTime)}
	if k.last != nil {
		s.Run, s.DataVersion, s.CodeVersion = k.last.Run, k.last.Event.DataVersion, k.last.Event.CodeVersion
	}
	if s.IsFailed() {
		s.Run = k.failRun
	}
	return s
}
