package staleness_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/staleness"
	"rivers.io/runtime/store"
)

func single(name string, inputs ...asset.Input) asset.Definition {
	return asset.Definition{Name: name, Inputs: inputs}
}

func daily(name string, inputs ...asset.Input) asset.Definition {
	return asset.Definition{Name: name, Inputs: inputs, Partitions: january}
}

func data(up string) asset.Input { return asset.Input{Asset: up, Kind: asset.Data} }

func all(up string) asset.Input {
	return asset.Input{Asset: up, Kind: asset.Data, Mapping: partition.Mapping{Kind: partition.All}}
}

func before(up string) asset.Input {
	return asset.Input{Asset: up, Kind: asset.Data, Optional: true, Mapping: partition.Mapping{Kind: partition.Offset, Offset: -1}}
}

func whys(causes []asset.Cause) []string {
	var out []string
	for _, c := range causes {
		out = append(out, string(c.Why)+" "+event.Step{Name: c.Upstream, Key: c.Key}.String())
	}
	return out
}

// Each key is judged through the mapping, upstreams first, and lists every cause.
func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, single("ref"), daily("up"), daily("mid", data("up"), data("ref")), daily("down", data("mid"), before("mid")))
	w.make("ref", "")
	for _, day := range []partition.Key{"2001-01-01", "2001-01-02", "2001-01-03"} {
		w.make("up", day)
		w.make("mid", day)
		w.make("down", day)
	}
	for day, want := range map[partition.Key]asset.State{"2001-01-01": asset.UpToDate, "2001-01-02": asset.UpToDate, "2001-01-04": asset.Missing} {
		if got := w.key("down", day); got.State != want || got.Causes != nil {
			t.Errorf("%s is %+v, want %s", day, got, want)
		}
	}
	w.make("up", "2001-01-02")
	for _, c := range []struct {
		why, name string
		key       partition.Key
		want      []string
	}{
		{"the key that read it", "mid", "2001-01-02", []string{"changed up[2001-01-02]"}},
		{"another key did not", "mid", "2001-01-03", nil},
		{"staleness flows down by identity", "down", "2001-01-02", []string{"stale mid[2001-01-02]"}},
		{"and by offset", "down", "2001-01-03", []string{"stale mid[2001-01-02]"}},
		{"the first key has no day before", "down", "2001-01-01", nil},
	} {
		if diff := cmp.Diff(c.want, whys(w.key(c.name, c.key).Causes)); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
	w.make("ref", "")
	if diff := cmp.Diff([]string{"changed up[2001-01-02]", "changed ref"}, whys(w.key("mid", "2001-01-02").Causes)); diff != "" {
		t.Errorf("every cause is listed: %s", diff)
	}
}

// The summary is as bad as the worst key, groups causes, and says of how many
// keys it speaks.
func TestSummary(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily("up"), daily("down", data("up")), single("end", all("down")))
	wide := staleness.Limits{Keys: 100, Exact: 100}
	if got := w.summary("down", wide); got.State != asset.Missing || got.Judged != 0 || got.Total != 31 || got.Materialized != 0 {
		t.Errorf("nothing made: %+v", got)
	}
	days := []partition.Key{"2001-01-01", "2001-01-02", "2001-01-03", "2001-01-04"}
	for _, day := range days {
		w.make("up", day)
		w.make("down", day)
	}
	w.make("end", "")
	if got := w.summary("down", wide); got.State != asset.UpToDate || got.Judged != 4 || got.Materialized != 4 || !got.Counted {
		t.Errorf("all made: %+v", got)
	}
	if got := w.summary("end", wide); got.State != asset.UpToDate || got.Total != 1 || got.Materialized != 1 {
		t.Errorf("what reads all keys: %+v", got)
	}
	w.make("up", "2001-01-01")
	w.make("up", "2001-01-02")
	got := w.summary("down", wide)
	if got.State != asset.Stale || got.Stale != 2 || len(got.Reasons) != 1 || got.Reasons[0].Keys != 2 || got.Reasons[0].Partition != "2001-01-02" {
		t.Errorf("two stale keys: %+v", got)
	}
	if got := w.summary("end", wide); got.State != asset.Stale || got.Reasons[0].Why != asset.WhyStale {
		t.Errorf("a reader of all keys is stale with one of them: %+v", got)
	}
	got = w.summary("down", staleness.Limits{Keys: 2, Exact: 100})
	if got.State != asset.UpToDate || got.Judged != 2 || got.Materialized != 4 {
		t.Errorf("the last two keys alone: %+v", got)
	}
	w.make("down", "2001-01-01")
	if got := w.summary("down", staleness.Limits{}); got.Judged != 1 || got.Counted || got.Known.Last.Key != "2001-01-01" {
		t.Errorf("the key made last alone, without counting: %+v", got)
	}
	if got := w.summary("down", staleness.Limits{Keys: 2}); got.Judged != 2 || got.State != asset.UpToDate {
		t.Errorf("the key made last is always among the judged: %+v", got)
	}
}

// An input of all keys is compared by time, and key by key where that leaves
// room for doubt.
func TestInputOfAllKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why  string
		do   func(w *world)
		want []string
	}{
		{"nothing changed", func(*world) {}, nil},
		{"a key was made again", func(w *world) { w.make("up", "2001-01-01") }, []string{"changed up"}},
		{"a key was added", func(w *world) { w.make("up", "2001-01-09") }, []string{"changed up"}},
		{"a key was made again after it was read and before that was recorded", func(w *world) {
			run, read := w.begin(), w.read(w.index("end"), "")
			w.make("up", "2001-01-01")
			w.record(run, "end", "", read)
		}, []string{"changed up"}},
		{"a key was added in between", func(w *world) {
			run, read := w.begin(), w.read(w.index("end"), "")
			w.make("up", "2001-01-09")
			w.record(run, "end", "", read)
		}, []string{"changed up"}},
		{"the run made the keys itself", func(w *world) {
			run := w.begin()
			w.record(run, "up", "2001-01-01", nil)
			w.record(run, "up", "2001-01-02", nil)
			w.record(run, "end", "", w.read(w.index("end"), ""))
		}, nil},
		{"the function stopped after the first key", func(w *world) {
			var sum asset.Versions
			sum.Add("2001-01-01", w.latest[store.AssetKey{Asset: "up", Key: "2001-01-01"}].Event.DataVersion)
			version, n := sum.Sum()
			w.record(w.begin(), "end", "", []event.InputVersion{{Asset: "up", Keys: n, Version: version}})
		}, nil},
		{"it never read the upstream", func(w *world) { w.record(w.begin(), "end", "", nil) }, []string{"unread up"}},
	} {
		w := newWorld(t, daily("up"), single("end", all("up")))
		w.make("up", "2001-01-01")
		w.make("up", "2001-01-02")
		w.make("end", "")
		c.do(w)
		if diff := cmp.Diff(c.want, whys(w.key("end", "").Causes)); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
}

// A deep graph of many keys costs a bounded number of reads, and says so when it
// would cost more.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	defs := []asset.Definition{{Name: "a0", Partitions: &partition.Definition{Kind: partition.Hourly, Start: "1990-01-01T00:00", End: "2000-12-31T23:00"}}}
	for n := 1; n < 60; n++ {
		d := defs[0]
		d.Name, d.Inputs = defs[0].Name+string(rune('a'+n%26))+string(rune('a'+n/26)), []asset.Input{data(defs[n-1].Name)}
		defs = append(defs, d)
	}
	w := newWorld(t, defs...)
	last := w.graph.Len() - 1
	space := w.graph.Space(last)
	var keys []partition.Key
	for o := range uint64(1000) {
		key, _ := space.Key(o, epoch)
		keys = append(keys, key)
	}
	_, err := w.judge(staleness.Limits{}).Keys(t.Context(), last, keys)
	if !errors.Is(err, staleness.ErrTooMuch) {
		t.Errorf("60,000 materializations: %v", err)
	}
	if _, err := w.judge(staleness.Limits{}).Keys(t.Context(), last, keys[:500]); err != nil {
		t.Errorf("30,000 materializations: %v", err)
	}
	if w.calls > 31 {
		t.Errorf("%d reads", w.calls)
	}
}

// Whatever happened, each key is judged as the definition says, written down here
// without regard to cost.
func TestKeysFollowTheDefinition(t *testing.T) {
	t.Parallel()
	defs := []asset.Definition{
		single("ref"), daily("up"), daily("mid", data("up"), data("ref")), daily("down", data("mid"), before("up")), single("end", all("down"), data("ref")),
	}
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, defs...)
		days := []partition.Key{"2001-01-01", "2001-01-02", "2001-01-03"}
		for range rapid.IntRange(0, 25).Draw(r, "runs") {
			d := rapid.SampledFrom(defs).Draw(r, "asset")
			key := partition.Key("")
			if d.Partitions != nil {
				key = rapid.SampledFrom(days).Draw(r, "key")
			}
			w.make(d.Name, key)
		}
		for _, d := range defs {
			for _, key := range days {
				if d.Partitions == nil {
					key = ""
				}
				if got, want := w.key(d.Name, key).State, w.defined(w.index(d.Name), key); got != want {
					r.Errorf("%s[%s] is %s, want %s", d.Name, key, got, want)
				}
			}
		}
	})
}

// defined is D-66 to D-69, word for word.
func (w *world) defined(i int, key partition.Key) asset.State {
	def := w.graph.At(i)
	made, ok := w.latest[store.AssetKey{Asset: def.Name, Key: key}]
	if !ok {
		return asset.Missing
	}
	for n, now := range w.read(i, key) {
		in, up := def.Inputs[n], w.index(def.Inputs[n].Asset)
		state := asset.Missing
		if w.graph.Mapping(i, n).Kind == partition.All && w.graph.Space(up) != nil {
			for _, k := range w.keys(up) {
				if s := w.defined(up, k); s == asset.Stale || s == asset.UpToDate && state == asset.Missing {
					state = s
				}
			}
		} else if _, err := w.graph.Mapping(i, n).Upstream(w.graph.Space(i), w.graph.Space(up), key, epoch); err == nil {
			state = w.defined(up, now.Key)
		}
		gone := state == asset.Missing && (!in.Optional || made.Event.Inputs[n].Version != "")
		if gone || state == asset.Stale || now.Version != made.Event.Inputs[n].Version {
			return asset.Stale
		}
	}
	return asset.UpToDate
}
