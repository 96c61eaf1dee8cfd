package surreal

import (
	"context"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// What a transaction that makes a run throws.
const (
	answeredAlready = "rivers: answered"
	idTaken         = "rivers: id taken"
)

// CreateRun records a run and its first events.
func (l *location) CreateRun(ctx context.Context, run store.NewRun) (store.Run, bool, error) {
	if err := store.CheckNewRun(run); err != nil {
		return store.Run{}, false, err
	}
	if err := l.writable(); err != nil {
		return store.Run{}, false, err
	}
	payloads := []event.Payload{&run.Created}
	if run.Status == store.Queued {
		payloads = append(payloads, &event.RunQueued{Priority: run.Priority})
	}
	recs, err := newRecords(payloads...)
	if err != nil {
		return store.Run{}, false, err
	}
	c := &creation{l: l, run: run, recs: recs, digest: store.DigestRun(run, recs[0].payload)}
	var got store.Run
	var created bool
	err = l.db.repeat(ctx, "create a run", func(lost bool) error {
		got, created, err = c.try(ctx, lost)
		return err
	})
	if err != nil {
		return store.Run{}, false, err
	}
	return got, created, nil
}

// creation is a run that is to be recorded.
type creation struct {
	l      *location
	run    store.NewRun
	recs   []record
	digest string
}

func (c *creation) try(ctx context.Context, lost bool) (store.Run, bool, error) {
	s, err := c.script()
	if err != nil {
		return store.Run{}, false, err
	}
	var got struct {
		Time int64 `json:"t"`
	}
	err = c.l.db.send(ctx, s, &got)
	switch {
	case thrown(err) == answeredAlready:
		return c.answered(ctx, lost)
	case thrown(err) == idTaken || conn.Is(err, conn.Exists):
		return c.taken(ctx)
	case err != nil:
		return store.Run{}, false, err
	}
	h := c.head()
	h.Time, h.CreatedAt = got.Time, got.Time
	run, err := h.run(c.l.ident, c.recs[0].payload)
	return run, err == nil, err
}

func (c *creation) head() *head {
	return &head{
		Ident: c.run.ID, Seq: int64(len(c.recs)), Status: string(c.run.Status), Priority: c.run.Priority,
		Launcher: c.run.Created.Launcher.Kind, Total: c.run.Created.Steps,
	}
}

// answered returns the run that the request was answered with before.
func (c *creation) answered(ctx context.Context, lost bool) (store.Run, bool, error) {
	made, err := c.l.answer(ctx, requestRun, c.run.RequestID, "CreateRun", c.digest)
	if err != nil {
		return store.Run{}, false, err
	}
	got, err := c.l.Run(ctx, string(made))
	if err != nil {
		return got, false, fmt.Errorf("request %s was answered with a run that is gone: %w", c.run.RequestID, err)
	}
	return got, lost && got.ID == c.run.ID, nil
}

// taken returns the run when the id was given to the same one before, by a call
// that named no request; any other run with the id is ErrExists.
func (c *creation) taken(ctx context.Context) (store.Run, bool, error) {
	s := newScript()
	s.answer("SELECT loc, digest FROM ONLY ", s.arg(recordID("run", c.run.ID)))
	var row struct {
		Loc    string `json:"loc"`
		Digest string `json:"digest"`
	}
	if err := c.l.db.send(ctx, s, &row); err != nil {
		return store.Run{}, false, err
	}
	if row.Loc != c.l.ident || row.Digest != c.digest || c.run.RequestID != "" {
		return store.Run{}, false, fmt.Errorf("run %s: %w", c.run.ID, store.ErrExists)
	}
	got, err := c.l.Run(ctx, c.run.ID)
	return got, false, err
}

func (c *creation) script() (*script, error) {
	s, h, refs := c.l.change(), c.head(), c.refs()
	if c.run.RequestID != "" {
		c.request(s)
	}
	id := s.arg(recordID("run", c.run.ID))
	s.do("LET $there = ", id, ".loc")
	s.do("IF $there IS NOT NONE { THROW \"", idTaken, "\" }")
	s.do("LET $r = {t: $wall}")
	s.do("LET $rev = string::concat(", downExpr("$r.t"), ", ", s.arg(tieRun(c.run.ID)), ")")
	s.do("INSERT INTO run ", s.arg(map[string]any{
		"id": recordID("run", c.run.ID), "loc": c.l.ident, "digest": c.digest, "created": c.recs[0].payload, "refs": len(refs),
	}), " RETURN NONE")
	s.createEach([]map[string]any{c.l.newHead(h)}, "{rev: $rev, time: $r.t, created_at: $r.t}")
	if len(refs) > 0 {
		s.createEach(refs, "{rev: $rev}")
	}
	for i := range c.recs {
		c.recs[i].seq = int64(i + 1)
	}
	// The first event is read for its own sake and may be large.
	for i := range c.recs {
		if err := c.l.writeEvents(s, c.run.ID, c.recs[i:i+1]); err != nil {
			return nil, err
		}
	}
	c.l.countRun(s, c.run.ID, c.run.Status, 1)
	c.l.pulseEvents(s, c.run.ID, h.Seq, c.recs, true)
	s.answer("RETURN $r")
	s.do("COMMIT")
	return s, nil
}

// newHead is a new head as stored; the engine adds its times.
func (l *location) newHead(h *head) map[string]any {
	return map[string]any{
		"id": l.headID(h.Ident), "loc": l.ident, "ident": h.Ident, "seq": h.Seq, "status": h.Status,
		"by_status": group(l.ident, h.Status), "by_launcher": group(l.ident, h.Launcher), "launcher": h.Launcher,
		"started_at": 0, "ended_at": 0, "epoch": 0, "lease_end": 0, "executor": "", "canceling": false, "cause": "",
		"priority": h.Priority, "block": "", "total": h.Total, "succeeded": 0, "failed": 0, "skipped": 0, "canceled": 0,
		"live": []byte("[]"),
	}
}

// request remembers what the request is answered with, unless it was answered.
func (c *creation) request(s *script) {
	id := s.arg(recordID("request", c.l.ident, requestRun, c.run.RequestID))
	s.do("LET $asked = ", id, ".at ?? 0")
	s.do("IF $asked > $wall - ", s.arg(int64(store.RequestTTL)), " { THROW \"", answeredAlready, "\" }")
	s.do("UPSERT ", id, " SET at = $wall, method = 'CreateRun', digest = ", s.arg(c.digest),
		", answer = ", s.arg([]byte(c.run.ID)), " RETURN NONE")
}

// The kinds of references, which begin their groups.
const (
	refAsset = "a"
	refTag   = "t"
	refKey   = "k"
)

// refs are the rows that lists of runs are filtered by.
func (c *creation) refs() []map[string]any {
	var rows []map[string]any
	seen := map[string]bool{}
	add := func(parts ...string) {
		g := group(append([]string{c.l.ident}, parts...)...)
		if seen[g] {
			return
		}
		seen[g] = true
		rows = append(rows, map[string]any{"id": recordID("ref", c.l.ident, c.run.ID, len(rows)), "g": g, "run": c.run.ID})
	}
	for _, name := range c.run.Created.Assets {
		add(refAsset, name)
	}
	for k, v := range c.run.Created.Tags {
		add(refTag, k)
		add(refTag, k, v)
	}
	for _, key := range store.SelectedKeys(c.run.Created.Partitions) {
		add(refKey, key)
	}
	return rows
}
