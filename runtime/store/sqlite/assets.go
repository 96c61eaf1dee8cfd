package sqlite

import (
	"context"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// The newest facts about an asset are found by index: its newest materialized
// key, its newest failed key and its newest observation (type 11).
const stateQueryHead = `WITH x (id, name, position, mat_key, fail_key, observed) AS (SELECT a.id, a.name, a.position,
	(SELECT key FROM partitions WHERE asset = a.id AND mat_change IS NOT NULL ORDER BY mat_change DESC, mat_seq DESC LIMIT 1),
	(SELECT key FROM partitions WHERE asset = a.id AND fail_change IS NOT NULL ORDER BY fail_change DESC, key DESC LIMIT 1),
	(SELECT time FROM events WHERE asset = a.id AND type = 11 ORDER BY change DESC, seq DESC LIMIT 1)
	FROM assets a WHERE a.loc = ? AND `

const stateQueryTail = `)
	SELECT x.name, x.observed, f.key, f.fail_time, f.fail_run, ff.ident, ` + keyColumns + `
	FROM x LEFT JOIN partitions p ON p.asset = x.id AND p.key = x.mat_key
	LEFT JOIN streams ms ON ms.id = p.mat_stream LEFT JOIN streams fs ON fs.id = p.fail_stream
	LEFT JOIN events e ON e.stream = p.mat_stream AND e.seq = p.mat_seq
	LEFT JOIN partitions f ON f.asset = x.id AND f.key = x.fail_key
	LEFT JOIN streams ff ON ff.id = f.fail_stream`

const (
	stateOne      = stateQueryHead + `a.name = ?` + stateQueryTail
	stateDeclared = stateQueryHead + `a.position IS NOT NULL` + stateQueryTail + ` ORDER BY x.position`
)

// AssetStates returns the newest states of assets, in order.
func (l *location) AssetStates(ctx context.Context, assets []string) ([]store.AssetState, error) {
	var list []store.AssetState
	err := l.view(ctx, "read the states of assets", func(c *conn, loc int64) (err error) {
		if len(assets) == 0 {
			list, err = l.db.assetStates(ctx, c, stateDeclared, loc)
			return err
		}
		for _, name := range assets {
			got, err := l.db.assetStates(ctx, c, stateOne, loc, name)
			if err != nil {
				return err
			}
			if len(got) == 0 {
				got = []store.AssetState{{Asset: name}}
			}
			list = append(list, got[0])
		}
		return nil
	})
	return list, err
}

func (d *DB) assetStates(ctx context.Context, c *conn, query string, args ...any) ([]store.AssetState, error) {
	var list []store.AssetState
	var steps []int64
	err := c.each(ctx, query, func(r row) error {
		s := store.AssetState{Asset: r.text(0), ObservedAt: instant(r.int(1)), FailedAt: instant(r.int(3))}
		s.FailedKey, s.FailedRun = partition.Key(r.text(2)), r.text(4)
		if !r.null(5) {
			s.FailedRun = r.text(5)
		}
		var k keyRow
		if !r.null(6) {
			var err error
			if k, err = scanKey(r, 6, s.Asset); err != nil {
				return err
			}
		}
		s.Last = k.last
		list, steps = append(list, s), append(steps, k.step)
		return nil
	}, args...)
	if err != nil {
		return nil, err
	}
	for i, step := range steps {
		if err := d.nameKeyRow(c, &keyRow{last: list[i].Last, step: step}); err != nil {
			return nil, err
		}
	}
	return list, nil
}
