package executor

import (
	"context"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// What a step reads from outside of its run is what the store held when the run
// began (D-64), however long the step waited, and however often it was tried or
// taken over. The newest value is asked for first, since it usually is the one;
// only when another run made it after this one began is the history asked for the
// newest before. Both times are times of record, stamped by one clock, the
// store's; where that was set back in between, a younger value may count as older.

// The pages in which the history of one key or asset is read. Most often the
// value before the newest is the one.
const (
	firstPage = 8
	maxPages  = 1000
)

// mayRead reports whether a materialization was there when the run began, or is
// the run's own.
func (e *env) mayRead(m *store.Materialized) bool {
	return m.Run == e.r.id || e.began.IsZero() || !m.Time.After(e.began)
}

// held returns for each key the newest materialization that the run may read.
func (e *env) held(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error) {
	found, err := e.latest(ctx, keys)
	if err != nil {
		return nil, err
	}
	for key, m := range found {
		if e.mayRead(&m) {
			continue
		}
		older, err := e.before(ctx, key)
		if err != nil {
			return nil, err
		}
		if older == nil {
			delete(found, key)
			continue
		}
		found[key] = *older
	}
	return found, nil
}

// before looks for the newest materialization of a key that the run may read; nil
// when there is none.
func (e *env) before(ctx context.Context, key store.AssetKey) (older *store.Materialized, err error) {
	filter := store.HistoryFilter{Types: []event.Type{event.TypeMaterialization}, Key: key.Key}
	err = e.history(ctx, key.Asset, filter, func(m *store.Materialized) bool {
		if m.Key != key.Key || !e.mayRead(m) {
			return true
		}
		older = m
		return false
	})
	return older, err
}

// history visits the materializations of an asset, newest first, until visit
// returns false.
func (e *env) history(ctx context.Context, name string, filter store.HistoryFilter, visit func(m *store.Materialized) bool) error {
	page := store.Page{Size: firstPage}
	for range maxPages {
		type answer struct {
			events []event.Event
			next   string
		}
		got, err := retry(ctx, e.r, func() (answer, error) {
			events, next, err := e.r.m.cfg.Location.AssetHistory(ctx, name, filter, page)
			return answer{events, next}, err
		})
		if err != nil {
			return err
		}
		for _, ev := range got.events {
			made, ok := ev.Payload.(*event.Materialization)
			if !ok {
				continue
			}
			if !visit(&store.Materialized{
				Asset: name, Key: ev.Attempt.Key, Run: ev.Stream, Attempt: ev.Attempt, Seq: ev.Seq, Time: ev.Time, Event: *made,
			}) {
				return nil
			}
		}
		if got.next == "" {
			return nil
		}
		page = store.Page{Size: store.MaxPage, Token: got.next}
	}
	return fmt.Errorf("asset %q was materialized more than %d times since the run began, too often to find what it held then",
		name, maxPages*store.MaxPage)
}

// heldSet takes out of the stored keys of an input those that had no value yet
// when the run began. An asset of which nothing was made since costs one read.
func (e *env) heldSet(ctx context.Context, in *input) error {
	if e.began.IsZero() {
		return nil
	}
	states, err := retry(ctx, e.r, func() ([]store.AssetState, error) {
		return e.r.m.cfg.Location.AssetStates(ctx, []string{in.decl.Asset})
	})
	if err != nil || len(states) == 0 || states[0].Last == nil || !states[0].Last.Time.After(e.began) {
		return err
	}
	var younger partition.Set
	err = e.history(ctx, in.decl.Asset, store.HistoryFilter{Types: []event.Type{event.TypeMaterialization}}, func(m *store.Materialized) bool {
		if !e.mayRead(m) {
			if o, err := in.upSpace.Ordinal(m.Key, e.now); err == nil {
				younger.Add(o)
			}
		}
		return m.Time.After(e.began)
	})
	if err != nil {
		return err
	}
	return e.dropUnheld(ctx, in, younger)
}

// dropUnheld takes those of the keys out of an input that the run may read no
// value of.
func (e *env) dropUnheld(ctx context.Context, in *input, keys partition.Set) error {
	var absent partition.Set
	for from := uint64(0); from < keys.Count(); from += latestBatch {
		ordinals := keys.Page(from, latestBatch)
		ask := make([]store.AssetKey, len(ordinals))
		for i, o := range ordinals {
			key, _ := in.upSpace.Key(o, e.now) // it came from there
			ask[i] = store.AssetKey{Asset: in.decl.Asset, Key: key}
		}
		found, err := e.held(ctx, ask)
		if err != nil {
			return err
		}
		for i, o := range ordinals {
			if _, ok := found[ask[i]]; !ok {
				absent.Add(o)
			}
		}
	}
	in.stored = in.stored.AndNot(absent)
	return nil
}
