package transfer

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// Check folds all events of a location and tells how the heads of its runs and what
// is known about its keys differ from what they make, at most MaxDifferences
// differences; none when all is well. It may be called while the location is in
// use.
func Check(ctx context.Context, from Source) ([]string, error) {
	k := &check{comparison: comparison{from: from}, facts: map[store.AssetKey]*told{}, seqs: map[string]int64{}}
	for s, err := range from.Streams(ctx) {
		if err != nil {
			return nil, err
		}
		k.seqs[s.Ident] = s.Seq
		if err := k.stream(ctx, s); err != nil {
			return nil, fmt.Errorf("%s: %w", name(s), err)
		}
		if k.full() {
			return k.differences, nil
		}
	}
	for page, err := range from.Facts(ctx) {
		if err != nil {
			return nil, err
		}
		for i := range page {
			k.fact(&page[i])
		}
	}
	for key := range k.facts {
		k.differ("nothing is known about %s[%s], of which events tell", key.Asset, key.Key)
	}
	return k.differences, nil
}

type check struct {
	comparison
	facts map[store.AssetKey]*told
	seqs  map[string]int64 // of each stream, as its head was read
}

// told is the newest that events tell about a key.
type told struct{ made, failed spot }

// spot is where an event stands in the order of what is told; zero for nowhere.
type spot struct {
	place, seq int64
	run        string
}

func (s spot) newer(than spot) bool {
	return s.place > than.place || s.place == than.place && s.seq > than.seq
}

// stream folds one stream.
func (k *check) stream(ctx context.Context, s Stream) error {
	f := &fold{live: map[event.Attempt]*Live{}}
	next := int64(1)
	for batch, err := range k.from.Events(ctx, s.Ident, 0) {
		if err != nil {
			return err
		}
		for _, e := range upTo(batch, s.Seq) {
			if e.Seq != next {
				k.differ("%s: event %d is missing", name(s), next)
				return nil
			}
			next++
			if err := k.event(s.Ident, &e, f); err != nil {
				return err
			}
		}
	}
	if next <= s.Seq {
		k.differ("%s: event %d is missing", name(s), next)
	} else if s.Run != nil {
		k.head(s, f)
	}
	return nil
}

func (k *check) event(stream string, stored *Event, f *fold) error {
	p, err := event.Decode(stored.Type, stored.Payload)
	if err != nil {
		return fmt.Errorf("event %d: %w: %w", stored.Seq, store.ErrCorrupt, err)
	}
	e := event.Event{Attempt: stored.Attempt, Payload: p}
	f.apply(stored, e)
	asset, key, subject := store.Subject(e)
	if subject != (stored.Place != 0) {
		k.differ("%s: event %d is not in the history of its asset", stream, stored.Seq)
	}
	made := stored.Type == event.TypeMaterialization
	if !subject || !made && !store.Fails(p) {
		return nil
	}
	at, of := spot{stored.Place, stored.Seq, stream}, store.AssetKey{Asset: asset, Key: key}
	t := k.facts[of]
	if t == nil {
		t = &told{}
		k.facts[of] = t
	}
	switch {
	case made && at.newer(t.made):
		t.made = at
	case !made && at.newer(t.failed):
		t.failed = at
	}
	return nil
}

// fold is what the events of a run make of its head.
type fold struct {
	run  Run
	live map[event.Attempt]*Live
}

func (f *fold) apply(stored *Event, e event.Event) {
	r := &f.run
	store.Count(&r.Counts, e.Payload)
	switch p := e.Payload.(type) {
	case *event.RunCreated:
		r.CreatedAt, r.Launcher, r.Counts.Total, r.Status = stored.Time, p.Launcher.Kind, p.Steps, store.NotStarted
	case *event.RunQueued:
		r.Status = store.Queued
	case *event.RunDequeued:
		r.Status = store.NotStarted
	case *event.RunStarted:
		r.Status, r.Epoch, r.Executor, r.StartedAt = store.Started, int64(p.Epoch), p.Executor, stored.Time //nolint:gosec // counts up from 1
	case *event.RunTakenOver:
		r.Epoch, r.Executor = int64(p.Epoch), p.Executor //nolint:gosec // counts up from 1
	case *event.RunCancelRequested:
		r.Canceling = true
	case *event.RunFinished:
		r.Status, r.Cause, r.EndedAt = store.Status(p.Outcome), p.Cause, stored.Time
		clear(f.live)
	case *event.StepLaunched:
		f.live[e.Attempt] = &Live{Attempt: e.Attempt, Token: p.Token}
	case *event.Materialization:
		if l := f.live[e.Attempt]; l != nil {
			asset, key, _ := store.Subject(e)
			l.Made = append(l.Made, store.AssetKey{Asset: asset, Key: key})
		}
	}
	if store.Settles(e.Payload) {
		delete(f.live, e.Attempt)
	}
}

func compareAttempts(a, b event.Attempt) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Number, b.Number))
}

// head compares the head of a run with what its events make.
func (k *check) head(s Stream, f *fold) {
	r := f.run
	for _, a := range slices.SortedFunc(maps.Keys(f.live), compareAttempts) {
		r.Live = append(r.Live, *f.live[a])
	}
	// These follow from no event.
	r.Digest, r.Priority, r.Block, r.Writers, r.Logs = s.Run.Digest, s.Run.Priority, s.Run.Block, s.Run.Writers, s.Run.Logs
	made := Stream{Ident: s.Ident, Seq: s.Seq, Time: s.Time, Run: &r}
	if what := differs(&made, &s); what != "" {
		k.differ("%s: %s", name(s), what)
	}
}

// fact compares what is stored about a key with what events tell.
func (k *check) fact(f *Fact) {
	key := store.AssetKey{Asset: f.Asset, Key: f.Key}
	t := k.facts[key]
	delete(k.facts, key)
	if t == nil {
		t = &told{}
	}
	var made, failed spot
	if m := f.Made; m != nil {
		made = spot{m.Place, m.Seq, m.Run}
	}
	if x := f.Failed; x != nil {
		failed = spot{x.Place, x.Seq, x.Run}
	}
	if !k.follows(made, t.made) {
		k.wrong(f.Asset, f.Key, "materialization", made, t.made)
	}
	if !k.follows(failed, t.failed) {
		k.wrong(f.Asset, f.Key, "failure", failed, t.failed)
	}
	if f.Made != nil && f.Failed != nil && made.place != failed.place && (failed.place > made.place) != (f.Failed.At > f.Made.At) {
		k.differ("%s[%s] has the wrong one of its materialization and its failure as the newer", f.Asset, f.Key)
	}
}

// follows reports whether what is stored is what events tell, or was told by a run
// that is gone, or since the events were read.
func (k *check) follows(stored, told spot) bool {
	if stored.place == told.place && stored.run == told.run {
		return true
	}
	seq, there := k.seqs[stored.run]
	return stored.place != 0 && stored.place >= told.place && (!there || stored.seq > seq)
}

func (k *check) wrong(asset string, key partition.Key, what string, stored, told spot) {
	k.differ("the newest %s of %s[%s] is event %d of run %q, events tell of %d of run %q", what, asset, key, stored.seq, stored.run, told.seq, told.run)
}
