package sqlite

import (
	"cmp"
	"context"
	"slices"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// replayed are the rows that follow from the events, by table.
type replayed struct {
	rows   map[string][][]any
	counts map[[3]int64]int64
	facts  []fact
	live   map[attemptKey]string
}

type attemptKey struct {
	stream, step int64
	key          string
	number       int64
}

// fact is something told about a key of an asset: by an event, or kept of a
// deleted run.
type fact struct {
	asset       int64
	key         string
	change, seq int64
	stream      int64
	attempt     int64
	time        int64
	failure     bool
	kept        any
	failRun     any
}

// stream is what the events of one stream make of its head.
type replayedStream struct {
	head
	launcher, cause, executor string
	startedAt, endedAt        int64
	created                   event.RunCreated
	events                    int64
}

// replay reads every event once.
func (d *DB) replay(ctx context.Context, c *conn) (*replayed, error) {
	out := &replayed{rows: map[string][][]any{}, counts: map[[3]int64]int64{}, live: map[attemptKey]string{}}
	stored, err := storedStreams(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, was := range stored {
		s := &replayedStream{head: head{id: was.id, loc: was.loc, ident: was.ident}}
		if err := out.fold(ctx, c, s); err != nil {
			return nil, err
		}
		if s.events < was.seq {
			// Its deletion crashed midway: what the events cannot tell any
			// more stays as it is, until the deletion is repeated.
			was.created = s.created
			s = was
		}
		if err := out.index(d, c, s); err != nil {
			return nil, err
		}
	}
	if err := out.keptFacts(ctx, c); err != nil {
		return nil, err
	}
	out.finish()
	return out, nil
}

// storedStreams returns the streams as they are stored.
func storedStreams(ctx context.Context, c *conn) ([]*replayedStream, error) {
	var list []*replayedStream
	query := `SELECT ` + headColumns + `, launcher, r.cause, r.executor, r.started_at, r.ended_at
		FROM streams LEFT JOIN runs r ON r.stream = id ORDER BY id`
	err := c.once(ctx, query, func(r row) error {
		list = append(list, &replayedStream{
			head: scanHead(r), launcher: r.text(15), cause: r.text(16), executor: r.text(17), startedAt: r.int(18), endedAt: r.int(19),
		})
		return nil
	})
	return list, err
}

// fold folds the events of a stream.
func (p *replayed) fold(ctx context.Context, c *conn, s *replayedStream) error {
	return c.each(ctx, `SELECT `+eventColumns+`, asset, change FROM events WHERE stream = ? ORDER BY seq`, func(r row) error {
		e, err := scanEvent(r, 0, s.ident)
		if err != nil {
			return err
		}
		s.events++
		s.seq, s.time = r.int(0), r.int(1)
		if s.createdAt == 0 {
			s.createdAt = s.time
		}
		store.Count(&s.counts, e.Payload)
		s.apply(e.Payload)
		p.attempt(s.id, &e)
		if !r.null(7) {
			p.tell(s.id, r, e)
		}
		return nil
	}, s.id)
}

func (s *replayedStream) apply(payload event.Payload) {
	switch p := payload.(type) {
	case *event.RunCreated:
		s.created, s.launcher, s.counts.Total, s.status = *p, p.Launcher.Kind, p.Steps, store.NotStarted
	case *event.RunQueued:
		s.status = store.Queued
	case *event.RunDequeued:
		s.status = store.NotStarted
	case *event.RunStarted:
		s.status, s.epoch, s.executor, s.startedAt = store.Started, int64(p.Epoch), p.Executor, s.time
	case *event.RunTakenOver:
		s.epoch, s.executor = int64(p.Epoch), p.Executor
	case *event.RunCancelRequested:
		s.canceling = true
	case *event.RunFinished:
		s.status, s.cause, s.endedAt = store.Status(p.Outcome), p.Cause, s.time
	}
}

// attempt keeps the attempts that are live.
func (p *replayed) attempt(stream int64, e *storedEvent) {
	key := attemptKey{stream, e.step, string(e.Attempt.Key), int64(e.Attempt.Number)}
	if l, ok := e.Payload.(*event.StepLaunched); ok {
		p.live[key] = l.Token
	}
	if store.Settles(e.Payload) && e.Attempt.Number != 0 {
		delete(p.live, key)
	}
	if _, ok := e.Payload.(*event.RunFinished); ok {
		for k := range p.live {
			if k.stream == stream {
				delete(p.live, k)
			}
		}
	}
}

func (p *replayed) tell(stream int64, r row, e storedEvent) {
	f := fact{
		asset: r.int(7), change: r.int(8), seq: r.int(0), stream: stream, attempt: r.int(5), time: r.int(1),
		key: string(e.Attempt.Key), failure: store.Fails(e.Payload),
	}
	if pf, ok := e.Payload.(*event.PartitionFailed); ok {
		f.key = string(pf.Key)
	}
	if e.Type() == event.TypeMaterialization || f.failure {
		p.facts = append(p.facts, f)
	}
}

// index makes the rows of one run that lists filter by.
func (p *replayed) index(d *DB, c *conn, s *replayedStream) error {
	var status, launcher any
	if s.status != "" {
		status, launcher = statusCodes[s.status], s.launcher
	}
	canceling := int64(0)
	if s.canceling {
		canceling = 1
	}
	n := s.counts
	p.add("streams", s.id, s.seq, s.time, status, launcher, s.createdAt, s.epoch, canceling,
		int64(n.Total), int64(n.Succeeded), int64(n.Failed), int64(n.Skipped), int64(n.Canceled))
	if s.status == "" {
		return nil
	}
	p.counts[[3]int64{s.loc, statusCodes[s.status], int64(store.CountShard(s.ident))}]++
	p.add("runs", s.id, s.cause, s.executor, s.startedAt, s.endedAt)
	seen := map[int64]bool{}
	for _, name := range s.created.Assets {
		id, err := d.nameID(c, s.loc, name)
		if err != nil {
			return err
		}
		if !seen[id] {
			p.add("run_assets", id, s.createdAt, s.id)
		}
		seen[id] = true
	}
	for k, v := range s.created.Tags {
		p.add("run_tags", s.loc, k, v, s.createdAt, s.id)
	}
	keys := store.SelectedKeys(s.created.Partitions)
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		p.add("run_keys", s.loc, k, s.createdAt, s.id)
	}
	return nil
}

func (p *replayed) add(table string, values ...any) { p.rows[table] = append(p.rows[table], values) }

// keptFacts adds what is known of runs that are deleted.
func (p *replayed) keptFacts(ctx context.Context, c *conn) error {
	return c.once(ctx, `SELECT asset, key, mat_stream, mat_seq, mat_attempt, mat_time, mat_change, kept,
		fail_stream, fail_time, fail_change, fail_run FROM partitions WHERE kept IS NOT NULL OR fail_run IS NOT NULL`, func(r row) error {
		base := fact{asset: r.int(0), key: r.text(1)}
		if !r.null(7) {
			f := base
			f.stream, f.seq, f.attempt, f.time, f.change = r.int(2), r.int(3), r.int(4), r.int(5), r.int(6)
			f.kept = append([]byte(nil), r.blob(7)...)
			p.facts = append(p.facts, f)
		}
		if !r.null(11) {
			f := base
			f.stream, f.time, f.change, f.failRun, f.failure = r.int(8), r.int(9), r.int(10), r.text(11), true
			p.facts = append(p.facts, f)
		}
		return nil
	})
}

// known is what the facts make of one key.
type known struct{ mat, fail *fact }

// finish makes the rows that follow from all streams together.
func (p *replayed) finish() {
	for k, n := range p.counts {
		p.add("run_counts", k[0], k[1], k[2], n)
	}
	for k, token := range p.live {
		p.add("attempts", k.stream, k.step, k.key, k.number, token)
	}
	slices.SortFunc(p.facts, func(a, b fact) int { return cmp.Or(cmp.Compare(a.change, b.change), cmp.Compare(a.seq, b.seq)) })
	keys := map[nameKey]*known{}
	for i := range p.facts {
		f := &p.facts[i]
		k := nameKey{f.asset, f.key}
		if keys[k] == nil {
			keys[k] = &known{}
		}
		keys[k].learn(f)
	}
	for k, v := range keys {
		p.add("partitions", append([]any{k.loc, k.name}, v.columns()...)...)
	}
}

// learn applies a fact as an append does.
func (k *known) learn(f *fact) {
	if f.failure {
		if k.mat != nil {
			f.time = max(f.time, k.mat.time+1)
		}
		k.fail = f
		return
	}
	if k.fail != nil {
		f.time = max(f.time, k.fail.time)
	}
	k.mat = f
}

func (k *known) columns() []any {
	out := make([]any, 10)
	if m := k.mat; m != nil {
		out[0], out[1], out[2], out[3], out[4], out[8] = m.stream, m.seq, m.attempt, m.time, m.change, m.kept
	}
	if f := k.fail; f != nil {
		out[5], out[6], out[7], out[9] = f.stream, f.time, f.change, f.failRun
	}
	return out
}
