package sqlite

import (
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// head is the row of a stream that every write to it reads and changes.
type head struct {
	id        int64
	loc       int64
	ident     string
	seq       int64
	time      int64
	status    store.Status // empty for the stream of an asset
	createdAt int64
	epoch     int64
	leaseEnd  int64
	canceling bool
	counts    event.Counts
}

const headColumns = `id, loc, ident, seq, time, status, created_at, epoch, lease_end, canceling,
	total, succeeded, failed, skipped, canceled`

func scanHead(r row) head {
	return head{
		id: r.int(0), loc: r.int(1), ident: r.text(2), seq: r.int(3), time: r.int(4),
		status: codeStatuses[r.int(5)], createdAt: r.int(6), epoch: r.int(7), leaseEnd: r.int(8), canceling: r.int(9) != 0,
		counts: event.Counts{
			Total: int(r.int(10)), Succeeded: int(r.int(11)), Failed: int(r.int(12)), Skipped: int(r.int(13)), Canceled: int(r.int(14)),
		},
	}
}

// head returns the head of a stream, or nil.
func (d *DB) head(c *conn, loc int64, ident string) (*head, error) {
	r, err := c.first(`SELECT `+headColumns+` FROM streams WHERE ident = ? AND loc = ?`, ident, loc)
	if err != nil || r == nil {
		return nil, err
	}
	h := scanHead(r)
	return &h, nil
}

// runHead returns the head of a run, or ErrNotFound.
func (d *DB) runHead(c *conn, loc int64, run string) (*head, error) {
	h, err := d.head(c, loc, run)
	if err != nil {
		return nil, err
	}
	if h == nil || h.status == "" {
		return nil, notFound("run", run)
	}
	return h, nil
}

// stamp returns the time of record of an append to the stream.
func (h *head) stamp(now int64) int64 { return max(now, h.time) }

// saveHead writes what an append changed, the status apart.
func (t *tx) saveHead(h *head, runChanged bool) error {
	change := t.touch()
	canceling := int64(0)
	if h.canceling {
		canceling = 1
	}
	c := h.counts
	if !runChanged {
		_, err := t.exec(`UPDATE streams SET seq = ?, time = ?, change = ?, epoch = ?, lease_end = ? WHERE id = ?`,
			h.seq, h.time, change, h.epoch, h.leaseEnd, h.id)
		return err
	}
	_, err := t.exec(`UPDATE streams SET seq = ?, time = ?, change = ?, epoch = ?, lease_end = ?, canceling = ?,
		run_change = ?, succeeded = ?, failed = ?, skipped = ?, canceled = ? WHERE id = ?`,
		h.seq, h.time, change, h.epoch, h.leaseEnd, canceling,
		change, int64(c.Succeeded), int64(c.Failed), int64(c.Skipped), int64(c.Canceled), h.id)
	return err
}

// setStatus moves a run to another status and keeps the counts of statuses.
func (t *tx) setStatus(h *head, to store.Status) error {
	if _, err := t.exec(`UPDATE streams SET status = ? WHERE id = ?`, statusCodes[to], h.id); err != nil {
		return err
	}
	if err := t.countRun(h, h.status, -1); err != nil {
		return err
	}
	h.status = to
	return t.countRun(h, to, 1)
}

func (t *tx) countRun(h *head, status store.Status, by int64) error {
	_, err := t.exec(`INSERT INTO run_counts VALUES (?, ?, ?, ?)
		ON CONFLICT (loc, status, shard) DO UPDATE SET n = n + excluded.n`,
		h.loc, statusCodes[status], int64(store.CountShard(h.ident)), by)
	return err
}

func instant(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
