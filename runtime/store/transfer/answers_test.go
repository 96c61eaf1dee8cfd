package transfer_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// answers asks everything that the interface of a store can be asked of a location,
// by names of the questions.
func answers(t testing.TB, st store.Store, location string) map[string]any {
	t.Helper()
	ctx, l, got := t.Context(), st.Location(location), map[string]any{}
	say := func(question string, answer any, err error) {
		if err != nil {
			answer = sentinel(err)
		}
		got[question] = answer
	}
	info, err := l.CatalogueInfo(ctx)
	say("catalogue", info, err)
	defs, err := l.Definitions(ctx)
	say("definitions", defs, err)
	counts, err := l.CountRuns(ctx)
	say("counts", counts, err)
	var ids []string
	for name, filter := range filters() {
		runs, err := list(t, l, filter)
		say("list "+name, runs, err)
		if name == "all" {
			for _, r := range runs {
				ids = append(ids, r.ID)
			}
		}
	}
	for _, id := range ids {
		run, err := l.Run(ctx, id)
		say("run "+id, released(run), err)
		events, err := l.Events(ctx, id, 0, 0)
		say("events "+id, events, err)
		for name, filter := range map[string]store.LogFilter{
			"all": {}, "step": {Step: event.Step{Name: "days"}}, "key": {Step: event.Step{Name: "days", Key: "2024-01-01"}, MinLevel: "WARN"},
			"stream": {Streams: []store.LogStream{store.Stderr}, Contains: "9"},
		} {
			lines, err := l.LogLines(ctx, id, filter, 0, 0)
			say("logs "+name+" "+id, lines, err)
		}
		owner, err := st.LocationOf(ctx, id)
		say("owner "+id, owner == location, err)
	}
	askAssets(t, l, say)
	raw, err := l.Answer(ctx, "answer-1", "Materialize", "digest")
	say("answer", string(raw), err)
	_, err = l.Answer(ctx, "answer-1", "Materialize", "other")
	say("another answer", nil, err)
	return got
}

func askAssets(t testing.TB, l store.Location, say func(string, any, error)) {
	t.Helper()
	ctx := t.Context()
	names := []string{"days", "plain", "seen", "gone", "never"}
	states, err := l.AssetStates(ctx, nil)
	say("declared states", states, err)
	states, err = l.AssetStates(ctx, names)
	say("states", states, err)
	space, err := partition.New(days())
	if err != nil {
		t.Fatal(err)
	}
	keys := []partition.Key{"", "DELETED", "DELETED-TOO"}
	for i := range 9 {
		keys = append(keys, partition.Key(fmt.Sprintf("2024-01-%02d", i+1)))
	}
	var all []store.AssetKey
	for _, name := range names {
		parts, err := l.PartitionStates(ctx, name, keys)
		say("partitions "+name, parts, err)
		for _, k := range keys {
			all = append(all, store.AssetKey{Asset: name, Key: k})
		}
		for i, filter := range []store.HistoryFilter{
			{}, {Key: "2024-01-01"}, {Types: []event.Type{event.TypeStepFailed, event.TypeObservation}},
		} {
			events, err := history(t, l, name, filter)
			say(fmt.Sprint("history ", name, i), events, err)
		}
		events, err := l.Events(ctx, event.AssetStream(name), 0, 0)
		say("stream "+name, events, err)
		now := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
		sets, err := l.PartitionSets(ctx, name, space, now)
		say("sets "+name, [][]uint64{slices.Collect(sets.Materialized.Ordinals()), slices.Collect(sets.Failed.Ordinals())}, err)
	}
	latest, err := l.Latest(ctx, all)
	say("latest", latest, err)
}

func filters() map[string]store.RunFilter {
	return map[string]store.RunFilter{
		"all": {}, "final": {Status: []store.Status{store.Failed, store.Succeeded}}, "started": {Status: []store.Status{store.Started}},
		"asset": {Asset: "plain"}, "key": {Partition: "2024-01-02"}, "other key": {Partition: "2024-01-07"}, "tag": {TagKey: "env"},
		"tagged": {TagKey: "team", TagValue: "live"}, "launcher": {LauncherKind: "schedule"},
	}
}

// list reads all pages of a list of runs, three at a time.
func list(t testing.TB, l store.Location, filter store.RunFilter) ([]store.Run, error) {
	var all []store.Run
	for token := ""; ; {
		page, next, err := l.ListRuns(t.Context(), filter, store.Page{Size: 3, Token: token})
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			all = append(all, released(r))
		}
		if token = next; token == "" {
			return all, nil
		}
	}
}

func history(t testing.TB, l store.Location, name string, filter store.HistoryFilter) ([]event.Event, error) {
	var all []event.Event
	for token := ""; ; {
		page, next, err := l.AssetHistory(t.Context(), name, filter, store.Page{Size: 2, Token: token})
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if token = next; token == "" {
			return all, nil
		}
	}
}

// released is a run without what a copy changes.
func released(r store.Run) store.Run {
	r.Location, r.LeaseEnd = "", time.Time{}
	return r
}

// sentinel stands for an error, whose text names the location.
func sentinel(err error) string {
	for _, s := range []error{store.ErrNotFound, store.ErrConflict, store.ErrInvalid} {
		if errors.Is(err, s) {
			return s.Error()
		}
	}
	return err.Error()
}
