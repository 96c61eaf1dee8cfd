package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// WriteLogs replaces the logs of a run.
func (i importer) WriteLogs(ctx context.Context, s transfer.Stream, lines iter.Seq2[[]store.LogLine, error]) error {
	if err := i.clearLogs(ctx, &s); err != nil {
		return err
	}
	for batch, err := range lines {
		if err == nil {
			err = i.l.write(ctx, func(t *tx, loc int64) error {
				h, err := t.importHead(loc, &s, s.Time)
				if err != nil {
					return err
				}
				return t.importLogs(h, batch)
			})
		}
		if err != nil {
			return err
		}
	}
	return i.l.write(ctx, func(t *tx, loc int64) error {
		h, err := t.importHead(loc, &s, s.Time)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT OR REPLACE INTO log_heads VALUES (?, ?, ?, ?)`, h.id, h.loc, s.Run.Logs, t.touch())
		return err
	})
}

func (i importer) clearLogs(ctx context.Context, s *transfer.Stream) error {
	for {
		n := int64(0)
		err := i.l.write(ctx, func(t *tx, loc int64) error {
			h, err := t.importHead(loc, s, s.Time)
			if err != nil {
				return err
			}
			n, err = t.exec(`DELETE FROM logs WHERE stream = ? AND seq IN (SELECT seq FROM logs WHERE stream = ? ORDER BY seq LIMIT ?)`,
				h.id, h.id, int64(deleteBatch))
			if err != nil || n > 0 {
				return err
			}
			_, err = t.exec(`DELETE FROM log_sources WHERE stream = ?`, h.id)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// importLogs writes lines under the numbers that they have.
func (t *tx) importLogs(h *head, lines []store.LogLine) error {
	sources := map[logSource]*sourceRow{}
	for k := range lines {
		line := &lines[k]
		src, err := t.source(h, sources, logSource{line.Attempt, line.Stream})
		if err != nil {
			return err
		}
		n, at := int64(line.Size()), int64(0)
		src.bytes += n
		if !line.Time.IsZero() {
			at = line.Time.UnixNano()
		}
		var attrs any
		if len(line.Attrs) > 0 {
			attrs = []byte(line.Attrs)
		}
		_, err = t.exec(`INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			h.id, int64(line.Seq), src.id, at, line.Level, line.Text, attrs, line.Dropped, n) //nolint:gosec // counts up from 1
		if err != nil {
			return err
		}
	}
	for _, src := range sources {
		if _, err := t.exec(`UPDATE log_sources SET bytes = ? WHERE id = ?`, src.bytes, src.id); err != nil {
			return err
		}
	}
	return nil
}

// WriteCatalogue writes what is declared.
func (i importer) WriteCatalogue(ctx context.Context, c transfer.Catalogue) error {
	list := make([]declared, len(c.Definitions))
	for k, def := range c.Definitions {
		list[k] = declared{def.Name, def.Raw}
	}
	return i.l.write(ctx, func(t *tx, loc int64) error {
		if _, err := t.register(loc, list); err != nil {
			return err
		}
		for _, name := range c.Known {
			if _, err := t.intern(loc, name); err != nil {
				return err
			}
		}
		for _, name := range c.Removed {
			if _, err := t.exec(`UPDATE assets SET removed = 1 WHERE loc = ? AND name = ?`, loc, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// WriteFacts replaces what is known about keys.
func (i importer) WriteFacts(ctx context.Context, facts []transfer.Fact) error {
	return i.l.write(ctx, func(t *tx, loc int64) error {
		highest := int64(0)
		for k := range facts {
			f := &facts[k]
			asset, err := t.intern(loc, f.Asset)
			if err != nil {
				return err
			}
			columns := make([]any, 10)
			if err := t.importMade(loc, f, columns); err != nil {
				return err
			}
			if err := t.importFailed(loc, f, columns); err != nil {
				return err
			}
			_, err = t.exec(`INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append([]any{asset, string(f.Key)}, columns...)...)
			if err != nil {
				return err
			}
			for _, n := range []int{4, 7} {
				if change, ok := columns[n].(int64); ok {
					highest = max(highest, change)
				}
			}
		}
		_, err := t.exec(`UPDATE clock SET change = max(change, ?) WHERE id = 0`, highest)
		return err
	})
}

// importMade sets the columns of a materialization: with a reference to its event,
// or with what is kept of it when the run is deleted.
func (t *tx) importMade(loc int64, f *transfer.Fact, columns []any) error {
	m := f.Made
	if m == nil {
		return nil
	}
	columns[1], columns[2], columns[3] = m.Seq, int64(m.Attempt.Number), m.At
	r, err := t.first(`SELECT e.stream, e.change FROM streams s JOIN events e ON e.stream = s.id AND e.seq = ?
		WHERE s.ident = ? AND s.loc = ? AND s.status IS NOT NULL`, m.Seq, m.Run, loc)
	if err != nil {
		return err
	}
	if r != nil {
		columns[0], columns[4] = r.int(0), r.int(1)
		return nil
	}
	kept := keptMaterialization{Run: m.Run, Attempt: m.Attempt, Seq: uint64(m.Seq), Time: m.Time} //nolint:gosec // counts up from 1
	if err := json.Unmarshal(m.Payload, &kept.Event); err != nil {
		return fmt.Errorf("materialization of %s[%s]: %w: %w", f.Asset, f.Key, store.ErrCorrupt, err)
	}
	raw, err := json.Marshal(kept)
	columns[0], columns[4], columns[8] = int64(0), m.Place, raw
	return err
}

// importFailed sets the columns of a failure.
func (t *tx) importFailed(loc int64, f *transfer.Fact, columns []any) error {
	x := f.Failed
	if x == nil {
		return nil
	}
	columns[6], columns[7] = x.At, x.Place
	h, err := t.db.head(t.conn, loc, x.Run)
	if err != nil {
		return err
	}
	if h == nil || h.status == "" {
		columns[5], columns[9] = int64(0), x.Run
		return nil
	}
	columns[5] = h.id
	if x.Seq == 0 {
		return nil
	}
	r, err := t.first(`SELECT change FROM events WHERE stream = ? AND seq = ?`, h.id, x.Seq)
	if r != nil && !r.null(0) {
		columns[7] = r.int(0)
	}
	return err
}

// WriteRequests replaces what is remembered of requests.
func (i importer) WriteRequests(ctx context.Context, list []transfer.Request) error {
	kinds := map[string]int64{}
	for n, name := range requestKinds {
		kinds[name] = n
	}
	return i.l.write(ctx, func(t *tx, loc int64) error {
		for _, r := range list {
			_, err := t.exec(`INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)`, loc, kinds[r.Kind], r.ID, r.At, r.Method, r.Digest, r.Answer)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Finish gives the location its name and revision, and ends the claim.
func (i importer) Finish(ctx context.Context, c transfer.Catalogue) error {
	return i.l.write(ctx, func(t *tx, loc int64) error {
		_, err := t.exec(`UPDATE locations SET name = ?, image = ?, hash = ?, revision = ?, registered_at = ?, change = ? WHERE id = ?`,
			c.Name, c.Image, c.Hash, c.Revision, c.RegisteredAt, t.touch(), loc)
		if err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM requests WHERE loc = ? AND kind = ?`, loc, int64(requestCopy))
		return err
	})
}
