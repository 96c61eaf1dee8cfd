package sqlite

import (
	"fmt"
	"testing"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

// BenchmarkBare writes the rows of BenchmarkRun into the same tables by
// prepared statements in transactions of 512 events, and does nothing else: no
// fences, no numbers read back, payloads encoded beforehand. It is what
// BenchmarkRun is compared with.
func BenchmarkBare(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		db, _, id, epoch := benchLocation(b, Normal)
		c := db.writer.c
		h, err := db.runHead(c, 1, id)
		if err != nil {
			b.Fatal(err)
		}
		appends := bareAppends(b, db, epoch)
		b.StartTimer()
		for i, list := range appends {
			bareAppend(b, c, h, int64(i), list)
		}
		b.StopTimer()
		_ = db.Close()
		b.StartTimer()
	}
}

type bareRow struct {
	rec  record
	step int64
}

func bareAppends(b *testing.B, db *DB, epoch uint64) [][]bareRow {
	var list [][]bareRow
	for _, add := range benchAppends(epoch) {
		var rows []bareRow
		for _, part := range add.Parts {
			for _, e := range part.Events {
				rec, err := newRecord(e)
				if err != nil {
					b.Fatal(err)
				}
				rows = append(rows, bareRow{rec, db.names.ids[nameKey{1, e.Attempt.Name}]})
			}
		}
		list = append(list, rows)
	}
	return list
}

func bareAppend(b *testing.B, c *conn, h *head, n int64, rows []bareRow) {
	exec := func(query string, args ...any) {
		if _, err := c.exec(query, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec("BEGIN IMMEDIATE")
	for _, r := range rows {
		h.seq++
		a := r.rec.event.Attempt
		var asset, change any
		switch p := r.rec.event.Payload.(type) {
		case *event.StepLaunched:
			exec(`INSERT INTO attempts VALUES (?, ?, ?, ?, ?)`, h.id, r.step, "", int64(a.Number), p.Token)
		case *event.Materialization:
			asset, change = r.step, n
			exec(`INSERT INTO partitions (asset, key, mat_stream, mat_seq, mat_attempt, mat_time, mat_change) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				r.step, "", h.id, h.seq, int64(a.Number), h.time, n)
		case *event.StepSucceeded:
			exec(`DELETE FROM attempts WHERE stream = ? AND step = ? AND key = ? AND number = ?`, h.id, r.step, "", int64(a.Number))
		}
		exec(`INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			h.id, h.seq, h.time, r.rec.code, r.step, nil, int64(a.Number), asset, change, r.rec.payload)
	}
	exec(`INSERT OR REPLACE INTO writers VALUES (?, 'bench', ?)`, h.id, n)
	exec(`UPDATE streams SET seq = ?, time = ?, change = ?, lease_end = ?, succeeded = ? WHERE id = ?`, h.seq, h.time, n, n, n, h.id)
	exec(`UPDATE clock SET change = ? WHERE id = 0`, n)
	exec("COMMIT")
}

const (
	benchKeys = 1_000_000
)

// BenchmarkSets asks a process that just opened the database for the sets of
// an asset with a million partitions, half of them materialized.
func BenchmarkSets(b *testing.B) {
	ctx := b.Context()
	db, l, _, _ := benchLocation(b, Normal)
	keys := make([]string, benchKeys)
	for i := range keys {
		keys[i] = fmt.Sprintf("%07d", i)
	}
	space, err := partition.New(partition.Definition{Kind: partition.Static, Keys: keys})
	if err != nil {
		b.Fatal(err)
	}
	now := db.cfg.Now()
	fillKeys(b, db, keys)
	if err := l.FoldPartitions(ctx, "asset_00000", space, now); err != nil {
		b.Fatal(err)
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			reader, err := Open(ctx, Config{Path: db.cfg.Path})
			if err != nil {
				b.Fatal(err)
			}
			sets, err := reader.Location("bench").PartitionSets(ctx, "asset_00000", space, now)
			if err != nil || sets.Materialized.Count() == 0 {
				b.Fatal(err)
			}
			_ = reader.Close()
		}
	})
	b.Run("warm", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.PartitionSets(ctx, "asset_00000", space, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// fillKeys writes the rows of many materializations without their events. A
// multiplicative hash picks about half of the keys.
func fillKeys(b *testing.B, db *DB, keys []string) {
	err := db.write(b.Context(), func(t *tx) error {
		for i, k := range keys {
			if (uint32(i)*2654435761)>>31 != 0 {
				continue
			}
			_, err := t.exec(`INSERT INTO partitions (asset, key, mat_stream, mat_seq, mat_attempt, mat_time, mat_change) VALUES (1, ?, 1, 1, 1, 1, ?)`, k, t.touch())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkStates reads the states of 10,000 assets, half of them materialized.
func BenchmarkStates(b *testing.B) {
	ctx := b.Context()
	_, l, id, epoch := benchLocation(b, Normal)
	list := benchAppends(epoch)
	for _, add := range list[:len(list)/2] {
		if _, err := l.Append(ctx, id, add); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		states, err := l.AssetStates(ctx, nil)
		if err != nil || len(states) != benchSteps {
			b.Fatal(err)
		}
	}
}
