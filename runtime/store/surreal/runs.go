package surreal

import (
	"context"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// assemble adds to a head what never changes about its run.
func (l *location) assemble(ctx context.Context, h *head) (store.Run, error) {
	s := newScript()
	s.answer("RETURN ", s.arg(recordID("run", h.Ident)), ".created")
	var created []byte
	if err := l.db.read(ctx, "read a run", s, &created); err != nil {
		return store.Run{}, err
	}
	if created == nil {
		return store.Run{}, notFound("run", h.Ident)
	}
	return h.run(l.ident, created)
}

// Run returns one run.
func (l *location) Run(ctx context.Context, id string) (store.Run, error) {
	s := newScript()
	s.answer("RETURN {h: (SELECT ", headFields, " FROM ONLY ", s.arg(l.headID(id)), "), c: ", s.arg(recordID("run", id)), ".created}")
	var got struct {
		Head    *head  `json:"h"`
		Created []byte `json:"c"`
	}
	if err := l.db.read(ctx, "read a run", s, &got); err != nil {
		return store.Run{}, err
	}
	if got.Head == nil || got.Created == nil {
		return store.Run{}, notFound("run", id)
	}
	return got.Head.run(l.ident, got.Created)
}

// CountRuns returns the number of runs by status.
func (l *location) CountRuns(ctx context.Context) (map[store.Status]int64, error) {
	s := newScript()
	loc := s.arg(l.ident)
	s.answer("SELECT id[1] AS status, n FROM run_count:[", loc, "]..=[", loc, ", ..]")
	var rows []struct {
		Status string `json:"status"`
		N      int64  `json:"n"`
	}
	if err := l.db.read(ctx, "count runs", s, &rows); err != nil {
		return nil, err
	}
	counts := map[store.Status]int64{}
	for _, r := range rows {
		if counts[store.Status(r.Status)] += r.N; counts[store.Status(r.Status)] == 0 {
			delete(counts, store.Status(r.Status))
		}
	}
	return counts, nil
}

// AdmitRun moves a run from Queued to NotStarted.
func (l *location) AdmitRun(ctx context.Context, id string) (store.Run, error) {
	recs, err := newRecords(&event.RunDequeued{})
	if err != nil {
		return store.Run{}, err
	}
	done, err := l.advance(ctx, id, "admit a run", nil, "", func(a *advance) error {
		h := &a.after.head
		if a.mine {
			return errNothing
		}
		if h.status() != store.Queued {
			return fmt.Errorf("run %s is %s, not queued: %w", id, h.Status, store.ErrConflict)
		}
		h.Status, h.Block = string(store.NotStarted), ""
		a.addAll(recs)
		return nil
	})
	if err != nil {
		return store.Run{}, err
	}
	return l.assemble(ctx, &done.head)
}

// RequestCancel asks for the end of a run.
func (l *location) RequestCancel(ctx context.Context, id string, by *event.User) (bool, error) {
	requested := false
	_, err := l.advance(ctx, id, "cancel a run", nil, "", func(a *advance) error {
		h := &a.after.head
		requested = !h.status().Final() || a.mine
		if !requested || h.Canceling {
			return errNothing
		}
		payloads := []event.Payload{&event.RunCancelRequested{User: by}}
		if h.status() != store.Started {
			payloads = append(payloads, &event.RunFinished{Outcome: event.Canceled, Cause: "canceled before it started", Counts: h.counts()})
		}
		recs, err := newRecords(payloads...)
		if err != nil {
			return err
		}
		h.Canceling = true
		a.addAll(recs)
		return nil
	})
	return requested && err == nil, err
}

// FailLaunch finishes a run that is NotStarted as Failed.
func (l *location) FailLaunch(ctx context.Context, id, cause string) error {
	_, err := l.advance(ctx, id, "fail the launch of a run", nil, "", func(a *advance) error {
		h := &a.after.head
		if a.mine {
			return errNothing
		}
		if h.status() != store.NotStarted {
			return fmt.Errorf("run %s is %s, not waiting for an executor: %w", id, h.Status, store.ErrConflict)
		}
		recs, err := newRecords(&event.RunLaunchFailed{Error: cause},
			&event.RunFinished{Outcome: event.Failed, Cause: cause, Counts: h.counts()})
		if err != nil {
			return err
		}
		a.addAll(recs)
		return nil
	})
	return err
}
