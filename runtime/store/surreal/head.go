package surreal

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// head is the record that every write to the stream of a run changes.
type head struct {
	Ident     string `json:"ident"`
	Seq       int64  `json:"seq"`
	Time      int64  `json:"time"`
	Status    string `json:"status"`
	CreatedAt int64  `json:"created_at"`
	StartedAt int64  `json:"started_at"`
	EndedAt   int64  `json:"ended_at"`
	Epoch     int64  `json:"epoch"`
	LeaseEnd  int64  `json:"lease_end"`
	Executor  string `json:"executor"`
	Canceling bool   `json:"canceling"`
	Cause     string `json:"cause"`
	Priority  int    `json:"priority"`
	Block     string `json:"block"`
	Launcher  string `json:"launcher"`
	Rev       string `json:"rev"`
	Total     int    `json:"total"`
	Succeeded int    `json:"succeeded"`
	Failed    int    `json:"failed"`
	Skipped   int    `json:"skipped"`
	Canceled  int    `json:"canceled"`
	// Live are the attempts that are launched and not settled, as JSON.
	Live []byte `json:"live"`
	// Created is the order of the run, which lists read beside the head.
	Created []byte `json:"created"`
}

// headFields are what lists of runs read of a head: all but the attempts.
const headFields = `ident, loc, by_status, by_launcher, seq, time, status, created_at, started_at, ended_at, epoch, lease_end,
	executor, canceling, cause, priority, block, launcher, rev, total, succeeded, failed, skipped, canceled`

func (h *head) status() store.Status { return store.Status(h.Status) }

func (h *head) counts() event.Counts {
	return event.Counts{Total: h.Total, Succeeded: h.Succeeded, Failed: h.Failed, Skipped: h.Skipped, Canceled: h.Canceled}
}

// run is the head together with what never changes about the run.
func (h *head) run(loc string, created []byte) (store.Run, error) {
	run := store.Run{
		ID: h.Ident, Location: loc, Status: h.status(), CancelRequested: h.Canceling, Cause: h.Cause,
		Priority: h.Priority, BlockReason: h.Block, Counts: h.counts(),
		CreatedAt: instant(h.CreatedAt), StartedAt: instant(h.StartedAt), EndedAt: instant(h.EndedAt),
		Epoch: uint64(h.Epoch), Executor: h.Executor, LeaseEnd: instant(h.LeaseEnd), Seq: uint64(h.Seq), //nolint:gosec // never negative
	}
	if err := json.Unmarshal(created, &run.Created); err != nil {
		return run, fmt.Errorf("run %s: its first event: %w: %w", h.Ident, store.ErrCorrupt, err)
	}
	return run, nil
}

// liveAttempt is an attempt that is launched and not settled.
type liveAttempt struct {
	Name   string `json:"s"`
	Key    string `json:"k,omitempty"`
	Number int    `json:"n"`
	Token  string `json:"t"`
	// Done are the outputs and keys that it materialized.
	Done []string `json:"d,omitempty"`
}

func (a liveAttempt) attempt() event.Attempt {
	return event.Attempt{Step: event.Step{Name: a.Name, Key: partition.Key(a.Key)}, Number: a.Number}
}

// snapshot is the head of a run as of one number, with all that its next append
// depends on. It is never changed once others can see it.
type snapshot struct {
	head    head
	live    map[event.Attempt]liveAttempt
	writers map[string]uint64 // of those that were asked for
	now     int64             // the engine's time when it was read; 0 for one that was computed
}

func (s *snapshot) clone() *snapshot {
	c := *s
	c.live, c.writers = maps.Clone(s.live), maps.Clone(s.writers)
	return &c
}

func (s *snapshot) encodeLive() ([]byte, error) {
	list := slices.Collect(maps.Values(s.live))
	slices.SortFunc(list, func(a, b liveAttempt) int { return compareAttempts(a.attempt(), b.attempt()) })
	return json.Marshal(list)
}

func (l *location) headID(run string) models.RecordID { return recordID("head", l.ident, run) }

// load reads the head of a run, and the last counter of a writer when one is
// named.
func (l *location) load(ctx context.Context, run, writer string) (*snapshot, error) {
	s := newScript()
	counter := "NONE"
	if writer != "" {
		counter = s.arg(recordID("writer", l.ident, run, writer)) + ".n"
	}
	s.answer("RETURN {h: (SELECT * FROM ONLY ", s.arg(l.headID(run)), "), w: ", counter, ", now: ", l.db.clock(s), "}")
	var got struct {
		Head   *head  `json:"h"`
		Writer uint64 `json:"w"`
		Now    int64  `json:"now"`
	}
	if err := l.db.read(ctx, "read a run", s, &got); err != nil {
		return nil, err
	}
	if got.Head == nil {
		return nil, notFound("run", run)
	}
	snap := &snapshot{head: *got.Head, live: map[event.Attempt]liveAttempt{}, writers: map[string]uint64{}, now: got.Now}
	if writer != "" {
		snap.writers[writer] = got.Writer
	}
	var list []liveAttempt
	if len(got.Head.Live) > 0 {
		if err := json.Unmarshal(got.Head.Live, &list); err != nil {
			return nil, fmt.Errorf("run %s: its attempts: %w: %w", run, store.ErrCorrupt, err)
		}
	}
	for _, a := range list {
		snap.live[a.attempt()] = a
	}
	return snap, nil
}

func instant(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
