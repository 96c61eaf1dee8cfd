package surreal

import (
	"context"
	"fmt"

	"rivers.io/runtime/store"
)

// deleteSpan is the most numbers of a stream that one statement of a deletion
// covers, so that no transaction takes long.
const deleteSpan = 1000

// DeleteRun removes a final run with its events and logs. Its head goes last, so
// that a crash midway can be repeated. What it told about keys of assets was
// copied to their records when it was told.
func (l *location) DeleteRun(ctx context.Context, id string) error {
	if err := l.writable(); err != nil {
		return err
	}
	snap, err := l.load(ctx, id, "")
	if err != nil {
		return err
	}
	h := &snap.head
	if !h.status().Final() {
		return fmt.Errorf("run %s is %s; cancel it first: %w", id, h.Status, store.ErrPrecondition)
	}
	return l.remove(ctx, h)
}

// remove removes a run, whatever its status.
func (l *location) remove(ctx context.Context, h *head) error {
	id := h.Ident
	if err := l.deleteLogs(ctx, id); err != nil {
		return err
	}
	for from := int64(0); from <= h.Seq; from += deleteSpan {
		for _, table := range []string{"history", "batch"} {
			first := from
			if table == "batch" && from == 0 {
				first = 1 // the first event stays until the end
			}
			if err := l.deleteSpan(ctx, table, id, first, from+deleteSpan); err != nil {
				return err
			}
		}
	}
	if err := l.deleteRefs(ctx, id); err != nil {
		return err
	}
	return l.deleteHead(ctx, h)
}

// deleteSpan removes the records of a stream with numbers above from up to to.
func (l *location) deleteSpan(ctx context.Context, table, stream string, from, to int64) error {
	s := newScript()
	prefix := s.arg(l.ident) + ", " + s.arg(stream) + ", "
	s.do("DELETE ", table, ":[", prefix, s.arg(from), "]>..=[", prefix, s.arg(to), "] RETURN NONE")
	return l.db.read(ctx, "delete a run", s, nil)
}

func (l *location) deleteRefs(ctx context.Context, run string) error {
	s := newScript()
	s.answer("RETURN (", s.arg(recordID("run", run)), ".refs ?? 0)")
	var refs int64
	if err := l.db.read(ctx, "delete a run", s, &refs); err != nil {
		return err
	}
	for from := int64(-1); from < refs; from += deleteSpan {
		if err := l.deleteSpan(ctx, "ref", run, from, from+deleteSpan); err != nil {
			return err
		}
	}
	return nil
}

func (l *location) deleteHead(ctx context.Context, h *head) error {
	defer l.db.heads.drop(headKey{l.ident, h.Ident})
	return l.db.repeat(ctx, "delete a run", func(bool) error {
		s := l.change()
		loc, run := s.arg(l.ident), s.arg(h.Ident)
		s.do("LET $gone = (DELETE ", s.arg(l.headID(h.Ident)), " RETURN BEFORE)[0]")
		s.do("IF $gone IS NOT NONE { UPSERT ", s.arg(recordID("run_count", l.ident, h.Status, store.CountShard(h.Ident))), " SET n -= 1 RETURN NONE }")
		s.do("DELETE ", s.arg(recordID("run", h.Ident)), " RETURN NONE")
		s.do("DELETE batch:[", loc, ", ", run, "]..=[", loc, ", ", run, ", ..] RETURN NONE")
		s.do("DELETE writer:[", loc, ", ", run, "]..=[", loc, ", ", run, ", ..] RETURN NONE")
		s.do("UPSERT ", s.arg(recordID("pulse", l.ident, pulseEvents, h.Ident)), " SET loc = ", loc, ", what = 'e', ident = ", run,
			", seq = ", s.arg(h.Seq), ", at = $at, n += 1, run_at = $at, gone_at = $wall, deleted = true, kinds = ['run'], assets = [] RETURN NONE")
		s.do("DELETE ", s.arg(recordID("pulse", l.ident, pulseLogs, h.Ident)), " RETURN NONE")
		s.do("DELETE ", s.arg(recordID("log_head", l.ident, h.Ident)), " RETURN NONE")
		s.do("COMMIT")
		return l.db.send(ctx, s, nil)
	})
}
