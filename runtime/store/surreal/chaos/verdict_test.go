package chaos_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// verdict reads everything on a fresh connection and holds it against the notes.
type verdict struct {
	*world
	l       store.Location
	streams map[string][]event.Event // of runs and of assets
	runs    map[string]store.Run
}

// judge ends what is open, waits for the watchers and checks everything.
func (w *world) judge() {
	w.Helper()
	l := w.direct()
	w.finishAll(l)
	v := &verdict{world: w, l: l, streams: map[string][]event.Event{}, runs: map[string]store.Run{}}
	v.read()
	for _, run := range w.notes.runs {
		v.stream(run)
		v.appends(run)
		v.fences(run)
		v.logs(run)
	}
	v.observations()
	v.lists()
	v.history()
	v.partitions()
	v.watched()
}

// read reads all runs and their streams.
func (v *verdict) read() {
	for token := ""; ; {
		list, next, err := v.l.ListRuns(v.ctx, store.RunFilter{}, store.Page{Size: 7, Token: token})
		v.ok(err)
		for _, run := range list {
			if _, twice := v.runs[run.ID]; twice {
				v.wrong("run %s is listed twice", run.ID)
			}
			v.runs[run.ID] = run
			v.streams[run.ID] = v.events(run.ID)
		}
		if token = next; token == "" {
			break
		}
	}
	for _, name := range assets {
		v.streams[event.AssetStream(name)] = v.events(event.AssetStream(name))
	}
	var noted, stored []string
	for _, run := range v.notes.runs {
		noted = append(noted, run.id)
	}
	stored = slices.Sorted(maps.Keys(v.runs))
	slices.Sort(noted)
	v.same("runs", noted, stored)
}

func (v *verdict) events(stream string) []event.Event {
	var all []event.Event
	for after := uint64(0); ; {
		list, err := v.l.Events(v.ctx, stream, after, 0)
		v.ok(err)
		if len(list) == 0 {
			return all
		}
		all = append(all, list...)
		after = all[len(all)-1].Seq
	}
}

func (v *verdict) same(what string, want, got any) {
	v.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		v.wrong("%s (-noted +stored):\n%s", what, diff)
	}
}

// stream checks the numbers and times of a stream, and the run's row against it.
func (v *verdict) stream(n *runNote) {
	run, list := v.runs[n.id], v.streams[n.id]
	counts := event.Counts{Total: run.Created.Steps}
	var status store.Status
	seen := map[event.Type]int{}
	var last time.Time
	for i, e := range list {
		if e.Seq != uint64(i+1) || e.Time.Before(last) {
			v.wrong("run %s: event %d has number %d, time %s after %s", n.id, i+1, e.Seq, e.Time, last)
		}
		last = e.Time
		seen[e.Type()]++
		store.Count(&counts, e.Payload)
		switch p := e.Payload.(type) {
		case *event.RunCreated:
			status = store.NotStarted
		case *event.RunQueued:
			status = store.Queued
		case *event.RunDequeued:
			status = store.NotStarted
		case *event.RunStarted:
			status = store.Started
		case *event.RunFinished:
			status = store.Status(p.Outcome)
		}
	}
	v.same("counts of run "+n.id, counts, run.Counts)
	v.same("status of run "+n.id, status, run.Status)
	v.same("newest event of run "+n.id, uint64(len(list)), run.Seq)
	for _, t := range []event.Type{event.TypeRunCreated, event.TypeRunFinished} {
		if seen[t] != 1 {
			v.wrong("run %s has %s %d times", n.id, t, seen[t])
		}
	}
	for _, t := range []event.Type{event.TypeRunStarted, event.TypeRunCancelRequested, event.TypeRunDequeued} {
		if seen[t] > 1 {
			v.wrong("run %s has %s %d times", n.id, t, seen[t])
		}
	}
	if n.admitted != min(seen[event.TypeRunDequeued], n.admitted) || n.admitted > 1 {
		v.wrong("run %s was admitted for %d callers, by %d events", n.id, n.admitted, seen[event.TypeRunDequeued])
	}
	if n.canceled > 0 && !run.CancelRequested && run.Status == store.Canceled {
		v.wrong("run %s: a cancel was acknowledged and is not there", n.id)
	}
}

// print identifies what a writer told; every event that writers make is unique.
func print(e event.Event) string {
	raw, err := json.Marshal(e.Payload)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s %s", e.Type(), e.Attempt, raw)
}

// appends checks that each append is there once and whole, or not at all.
func (v *verdict) appends(n *runNote) {
	places := map[string][]int{}
	for i, e := range v.streams[n.id] {
		places[print(e)] = append(places[print(e)], i)
	}
	last := map[string]int{}
	told := map[string]uint64{}
	for _, a := range n.appends {
		at := -1
		k := 0
		for _, part := range a.parts {
			for _, e := range part.Events {
				p := places[print(e)]
				switch {
				case a.err != nil && len(p) > 0:
					v.wrong("run %s: %s was refused (%v) and is event %d", n.id, print(e), a.err, p[0]+1)
				case a.err == nil && len(p) != 1:
					v.wrong("run %s: %s of %s was acknowledged and is there %d times", n.id, print(e), a.writer, len(p))
				case a.err == nil && k > 0 && p[0] != at+k:
					v.wrong("run %s: %s was torn from its append", n.id, print(e))
				case a.err == nil && k == 0:
					at = p[0]
				}
				k++
			}
		}
		if a.err != nil || at < 0 {
			continue
		}
		if before, ok := last[a.writer]; ok && at <= before || told[a.writer] >= a.counter {
			v.wrong("run %s: append %d of %s is event %d, behind an earlier one", n.id, a.counter, a.writer, at+1)
		}
		last[a.writer], told[a.writer] = at, a.counter
		if !a.ack.Duplicate && (a.ack.First != uint64(at+1) || a.ack.Last != uint64(at+k)) {
			v.wrong("run %s: append of %d events was acknowledged as %d to %d and is event %d on", n.id, k, a.ack.First, a.ack.Last, at+1)
		}
	}
}

// fences checks that every event was written under the epoch of its time, and none
// of an attempt that was not live.
func (v *verdict) fences(n *runNote) {
	under := map[string]store.Part{}
	for _, a := range n.appends {
		for _, part := range a.parts {
			for _, e := range part.Events {
				under[print(e)] = part
			}
		}
	}
	epoch := uint64(0)
	live := map[event.Attempt]string{}
	made := map[string]int{}
	for _, e := range v.streams[n.id] {
		switch p := e.Payload.(type) {
		case *event.RunStarted:
			epoch = v.raised(n, epoch, p.Epoch, p.Executor)
		case *event.RunTakenOver:
			epoch = v.raised(n, epoch, p.Epoch, p.Executor)
		case *event.StepLaunched:
			live[e.Attempt] = p.Token
		case *event.Materialization:
			if made[e.Attempt.String()+" "+p.Output]++; made[e.Attempt.String()+" "+p.Output] > 1 {
				v.wrong("run %s: %s materialized twice", n.id, e.Attempt)
			}
		}
		part, ok := under[print(e)]
		if ok && part.Epoch != 0 && part.Epoch != epoch {
			v.wrong("run %s: event %d was written under epoch %d while it was %d", n.id, e.Seq, part.Epoch, epoch)
		}
		token, is := live[e.Attempt]
		if store.NeedsLive(e.Payload) && (!is || ok && part.Token != "" && part.Token != token) {
			v.wrong("run %s: event %d, %s, is of an attempt that is not live", n.id, e.Seq, print(e))
		}
		if store.Settles(e.Payload) {
			delete(live, e.Attempt)
		}
	}
	v.same("epoch of run "+n.id, epoch, v.runs[n.id].Epoch)
	for e := range n.claims {
		if e > epoch {
			v.wrong("run %s: epoch %d was given and is not there", n.id, e)
		}
	}
}

func (v *verdict) raised(n *runNote, before, epoch uint64, executor string) uint64 {
	if epoch != before+1 {
		v.wrong("run %s: epoch %d follows %d", n.id, epoch, before)
	}
	if told := n.claims[epoch]; told != "" && told != executor {
		v.wrong("run %s: epoch %d was given to %s and is %s's", n.id, epoch, told, executor)
	}
	return epoch
}

// logs checks that lines are there once if they were acknowledged, and otherwise
// with all those of their call or with none.
func (v *verdict) logs(n *runNote) {
	count, order := map[string]int{}, []string{}
	last := uint64(0)
	for after := uint64(0); ; after = last {
		list, err := v.l.LogLines(v.ctx, n.id, store.LogFilter{}, after, 11)
		v.ok(err)
		for _, line := range list {
			if line.Seq != last+1 {
				v.wrong("run %s: log line %d follows %d", n.id, line.Seq, last)
			}
			last = line.Seq
			count[line.Text]++
			order = append(order, line.Text)
		}
		if len(list) == 0 {
			break
		}
	}
	for _, note := range n.logs {
		at := slices.Index(order, note.texts[0])
		if at < 0 && !note.known {
			for _, text := range note.texts {
				if count[text] > 0 {
					v.wrong("run %s: log line %s is there without the others of its call", n.id, text)
				}
			}
			continue
		}
		if at < 0 || at+len(note.texts) > len(order) || !slices.Equal(order[at:at+len(note.texts)], note.texts) {
			v.wrong("run %s: log lines %v (acknowledged: %v) are not there together", n.id, note.texts, note.known)
		}
		for _, text := range note.texts {
			if count[text] != 1 {
				v.wrong("run %s: log line %s is there %d times", n.id, text, count[text])
			}
		}
	}
}

func (v *verdict) observations() {
	for _, name := range assets {
		for i, e := range v.streams[event.AssetStream(name)] {
			if e.Seq != uint64(i+1) {
				v.wrong("asset %s: event %d has number %d", name, i+1, e.Seq)
			}
		}
	}
	for _, s := range v.notes.seen {
		var at []uint64
		for _, e := range v.streams[event.AssetStream(s.asset)] {
			if e.Payload.(*event.Observation).DataVersion == s.version {
				at = append(at, e.Seq)
			}
		}
		if len(at) > 1 || s.known && (len(at) != 1 || at[0] != s.seq) {
			v.wrong("observation %s of %s (acknowledged: %v, as %d) is there as %v", s.version, s.asset, s.known, s.seq, at)
		}
	}
}

// lists checks what lists and counts of runs are made from.
func (v *verdict) lists() {
	counts := map[store.Status]int64{}
	by := map[string][]string{}
	for _, n := range v.notes.runs {
		run := v.runs[n.id]
		counts[run.Status]++
		for _, name := range n.order.Created.Assets {
			by["asset "+name] = append(by["asset "+name], n.id)
		}
		by["tag "+n.order.Created.Tags["writer"]] = append(by["tag "+n.order.Created.Tags["writer"]], n.id)
		by["key k1"] = append(by["key k1"], n.id)
		by["status "+string(run.Status)] = append(by["status "+string(run.Status)], n.id)
	}
	got, err := v.l.CountRuns(v.ctx)
	v.ok(err)
	v.same("counts of runs", counts, got)
	for group, want := range by {
		var what, value string
		_, _ = fmt.Sscanf(group, "%s", &what)
		value = group[len(what)+1:]
		f := map[string]store.RunFilter{
			"asset": {Asset: value}, "tag": {TagKey: "writer", TagValue: value}, "key": {Partition: value}, "status": {Status: []store.Status{store.Status(value)}},
		}[what]
		var ids []string
		for token := ""; ; {
			list, next, err := v.l.ListRuns(v.ctx, f, store.Page{Size: 10, Token: token})
			v.ok(err)
			for _, run := range list {
				ids = append(ids, run.ID)
			}
			if token = next; token == "" {
				break
			}
		}
		slices.Sort(want)
		slices.Sort(ids)
		v.same("runs by "+group, want, ids)
	}
}

// told are the events about one asset, in the order of their time.
func (v *verdict) told(name string) []event.Event {
	var list []event.Event
	for _, stream := range v.streams {
		for _, e := range stream {
			if about, _, ok := store.Subject(e); ok && about == name {
				list = append(list, e)
			}
		}
	}
	slices.SortFunc(list, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	return list
}

// history checks the histories of assets against the events.
func (v *verdict) history() {
	types := []event.Type{event.TypeMaterialization, event.TypeObservation, event.TypeStepFailed, event.TypePartitionFailed}
	id := func(e event.Event) string { return fmt.Sprintf("%s %d %s", e.Stream, e.Seq, print(e)) }
	for _, name := range assets {
		var want, got []string
		for _, e := range v.told(name) {
			want = append(want, id(e))
		}
		for token := ""; ; {
			list, next, err := v.l.AssetHistory(v.ctx, name, store.HistoryFilter{Types: types}, store.Page{Size: 50, Token: token})
			v.ok(err)
			for _, e := range list {
				got = append(got, id(e))
			}
			if token = next; token == "" {
				break
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		v.same("history of "+name, want, got)
	}
}

// partitions checks what is known about each key, and the sets.
func (v *verdict) partitions() {
	for _, name := range assets {
		made, failed := map[partition.Key]event.Event{}, map[partition.Key]event.Event{}
		for _, e := range v.told(name) {
			_, key, _ := store.Subject(e)
			switch {
			case e.Type() == event.TypeMaterialization:
				made[key] = e
			case store.Fails(e.Payload):
				failed[key] = e
			}
		}
		states, err := v.l.PartitionStates(v.ctx, name, keys)
		v.ok(err)
		sets, err := v.l.PartitionSets(v.ctx, name, v.space, time.Now())
		v.ok(err)
		v.ok(v.l.FoldPartitions(v.ctx, name, v.space, time.Now()))
		for i, key := range keys {
			v.latest(name, key, made[key], states[i])
			bad := failed[key].Time.After(made[key].Time) || sameAppend(made[key], failed[key])
			if states[i].IsFailed() != bad {
				v.wrong("%s[%s] is failed: %v; it was made at %s and failed at %s", name, key, states[i].IsFailed(), made[key].Time, failed[key].Time)
			}
			at, err := v.space.Ordinal(key, time.Now())
			v.ok(err)
			if got, want := sets.Materialized.Contains(at), !made[key].Time.IsZero(); got != want {
				v.wrong("%s[%s] is in the set of what is materialized: %v", name, key, got)
			}
			if got := sets.Failed.Contains(at); got != bad {
				v.wrong("%s[%s] is in the set of what is failed: %v", name, key, got)
			}
		}
	}
}

// sameAppend reports whether a failure follows in the append of a materialization.
func sameAppend(made, failed event.Event) bool {
	return failed.Stream != "" && made.Stream == failed.Stream && made.Time.Equal(failed.Time) && made.Seq < failed.Seq
}

func (v *verdict) latest(name string, key partition.Key, made event.Event, state store.PartitionState) {
	k := store.AssetKey{Asset: name, Key: key}
	got, err := v.l.Latest(v.ctx, []store.AssetKey{k})
	v.ok(err)
	if made.Stream == "" {
		v.same("latest of "+name, map[store.AssetKey]store.Materialized{}, got)
		return
	}
	m := got[k]
	if m.Run != made.Stream || m.Seq != made.Seq || m.Event.DataVersion != made.Payload.(*event.Materialization).DataVersion {
		v.wrong("latest of %s[%s] is event %d of %s, of %s; the newest is %d of %s, of %s", name, key, m.Seq, m.Run, m.Time, made.Seq, made.Stream, made.Time)
	}
	if state.DataVersion != m.Event.DataVersion {
		v.wrong("state of %s[%s] is %s, the latest %s", name, key, state.DataVersion, m.Event.DataVersion)
	}
}

// watched checks that every watcher saw every event once and in order, and was
// pointed to the newest of each stream.
func (v *verdict) watched() {
	for i, x := range v.watchers {
		err := x.await("the watches of all runs end, the hints reach the newest events", func() bool {
			for stream, list := range v.streams {
				if x.newest[stream] < uint64(len(list)) || v.runs[stream].ID != "" && !x.ended[stream] {
					return false
				}
			}
			return true
		})
		if err != nil {
			v.wrong("watcher %d: %v", i, err)
		}
		x.stop()
		for id := range v.runs {
			if diff := cmp.Diff(v.streams[id], v.forgiven(id, x.streams[id])); diff != "" {
				v.wrong("watcher %d saw of run %s (-stored +seen):\n%s", i, id, diff)
			}
		}
		for stream, list := range v.streams {
			if got := x.newest[stream]; got != uint64(len(list)) {
				v.wrong("watcher %d was told of event %d of %s, which has %d", i, got, stream, len(list))
			}
		}
	}
}

// forgiven is what a watcher saw, but for what the engine showed and then forgot.
// Engine 3.0.2 shows a commit on RocksDB to readers a moment before it is safe: one
// that nobody was answered may be seen and be gone when the engine is killed just
// then. Its place is taken by the repeat, or by another event.
func (v *verdict) forgiven(id string, seen []event.Event) []event.Event {
	stored := v.streams[id]
	out := slices.Clone(seen)
	for i := range out {
		if i < len(stored) && out[i].Seq == stored[i].Seq && !out[i].Time.Equal(stored[i].Time) && v.died(out[i].Time) {
			v.Logf("seed %d: run %s: event %d was seen, not acknowledged, and forgotten by the engine as it died", v.seed, id, out[i].Seq)
			out[i] = stored[i]
		}
	}
	return out
}
