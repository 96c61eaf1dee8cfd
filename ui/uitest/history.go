package uitest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// historian writes the history; its choices depend on a fixed seed alone.
type historian struct {
	ctx   context.Context
	state store.Location
	clock *Clock
	dice  *rand.Rand
	// versions is the newest data version of each step's key.
	versions map[event.Step]string
	serial   int
}

// Fill registers the definitions and writes a few weeks of runs of Aviation that
// end at the clock's time: successes, a failure with skipped steps, retries, a
// cancel, a queued run, one that is at work, and a change that makes assets
// stale.
func Fill(ctx context.Context, state store.Location, clock *Clock, name string, hostile bool) error {
	defs := Aviation()
	if hostile {
		defs = WithHostile(defs)
	}
	end := clock.Now()
	clock.Advance(-9 * 24 * time.Hour)
	if _, err := state.Register(ctx, store.Catalogue{Name: name, Image: image, Hash: "defs-1", Definitions: defs}); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	h := &historian{ctx: ctx, state: state, clock: clock, dice: rand.New(rand.NewPCG(7, 11)), versions: map[event.Step]string{}}
	for _, chapter := range []func() error{h.reference, h.january, h.february, h.network, h.report, h.scores, h.failure, h.canceled, h.change} {
		if err := chapter(); err != nil {
			return err
		}
		clock.Advance(7*time.Hour + time.Duration(h.dice.IntN(7200))*time.Second)
	}
	clock.Advance(end.Sub(clock.Now()) - 95*time.Second)
	if err := h.queued(); err != nil {
		return err
	}
	return h.atWork(end)
}

// step runs one step to its success.
func (h *historian) step(r *Run, s event.Step, took time.Duration) error {
	if err := r.Launch(h.ctx, s); err != nil {
		return err
	}
	began := h.clock.Now()
	h.clock.Advance(took)
	if err := r.Log(h.ctx, s, began, chatter(s, began, took)...); err != nil {
		return err
	}
	return r.Succeed(h.ctx, s, took, h.made(s))
}

// made is what a step publishes.
func (h *historian) made(s event.Step) event.Materialization {
	h.serial++
	version := fmt.Sprintf("%08x", h.dice.Uint32())
	rows := 150 + h.dice.IntN(180)
	m := event.Materialization{
		DataVersion: version, CodeVersion: codeVersion(s.Name),
		Value: &event.ValueRef{Handler: "blob", Path: fmt.Sprintf("%s/%s/%06d.parquet", s.Name, s.Key, h.serial), Format: "parquet", Bytes: int64(rows) * 61},
		Metadata: event.Metadata{
			"rows":  Tagged("int", rows),
			"bytes": Tagged("bytes", rows*61),
		},
	}
	m.Inputs = h.inputs(s)
	h.decorate(s.Name, m.Metadata)
	h.versions[s] = version
	return m
}

// resolved is the graph of Aviation.
var resolved = sync.OnceValue(func() *asset.Graph {
	g, err := asset.Resolve(Aviation())
	if err != nil {
		panic(err) // the definitions are constants
	}
	return g
})

// inputs is what a step read of its upstreams, as an executor records it.
func (h *historian) inputs(s event.Step) []event.InputVersion {
	g := resolved()
	i, ok := g.Index(s.Name)
	if !ok {
		return nil
	}
	var read []event.InputVersion
	for _, e := range g.Upstreams(i) {
		v := event.InputVersion{Asset: g.At(e.Asset).Name}
		mapping, space := g.Mapping(i, e.Input), g.Space(e.Asset)
		if mapping.Kind == partition.All && space != nil {
			v.Version, v.Keys = h.all(v.Asset, space)
		} else if key, err := mapping.Upstream(g.Space(i), space, s.Key, h.clock.Now()); err == nil {
			v.Key, v.Version = key, h.versions[event.Step{Name: v.Asset, Key: key}]
		}
		read = append(read, v)
	}
	return read
}

// all combines the versions of all keys of an asset that have a value.
func (h *historian) all(name string, space partition.Space) (version string, keys uint64) {
	return asset.CombineVersions(func(yield func(partition.Key, string) bool) {
		for o := range space.Count(h.clock.Now()) {
			key, _ := space.Key(o, h.clock.Now())
			if version, ok := h.versions[event.Step{Name: name, Key: key}]; ok && !yield(key, version) {
				return
			}
		}
	})
}

func codeVersion(name string) string {
	for _, d := range Aviation() {
		if d.Name == name {
			return d.CodeVersion
		}
	}
	return ""
}

// decorate adds the metadata that the reports carry.
func (h *historian) decorate(name string, m event.Metadata) {
	if name != "monthly_report" && name != "delays" {
		return
	}
	airports := [][]any{{"ORD", 1284, 14.2}, {"ATL", 1190, 9.8}, {"DFW", 1102, 8.1}, {"LAX", 968, 11.4}, {"PHX", 871, 12.9}, {"STL", 640, 7.3}, {"DEN", 611, 10.6}, {"DTW", 590, 6.9}}
	m["mean_delay"] = Tagged("duration", 612.4)
	m["late"] = Tagged("percentage", 18.7)
	m["schema"] = mustJSON(map[string]any{"type": "schema", "columns": []map[string]string{{"name": "airport", "type": "string"}, {"name": "flights", "type": "int64"}, {"name": "mean_delay", "type": "float64"}}})
	if name == "delays" {
		return
	}
	m["airports"] = mustJSON(map[string]any{"type": "table", "columns": []string{"airport", "flights", "mean delay"}, "rows": airports})
	m["summary"] = Tagged("markdown", "## January 2001\n\nOf **6 842** flights, **18.7 %** left more than 15 minutes late.\n\n- Chicago O'Hare had the most late flights\n- Detroit was the most punctual of the large airports\n\nSee [the method](https://example.org/method).")
	m["query"] = mustJSON(map[string]any{"type": "sql", "value": "SELECT origin, avg(delay) FROM delays\nWHERE day BETWEEN '2001-01-01' AND '2001-01-31'\nGROUP BY origin", "dialect": "duckdb"})
	m["source"] = Tagged("url", "https://www.transtats.bts.gov/")
}

func mustJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a test passes values that encode
	}
	return raw
}

// chatter is what a step logs.
func chatter(s event.Step, at time.Time, took time.Duration) []store.LogLine {
	tick := took / 6
	attrs := mustJSON
	return []store.LogLine{
		{Time: at, Stream: store.Records, Level: "INFO", Text: "reading", Attrs: attrs(map[string]any{"asset": s.Name, "partition": s.Key})},
		{Time: at.Add(tick), Stream: store.Stdout, Text: "open data/flights-20k.json"},
		{Time: at.Add(2 * tick), Stream: store.Records, Level: "DEBUG", Text: "parsed a chunk", Attrs: attrs(map[string]any{"rows": 128})},
		{Time: at.Add(3 * tick), Stream: store.Stderr, Text: "warning: 2 rows without a destination were left out"},
		{Time: at.Add(4 * tick), Stream: store.Records, Level: "WARN", Text: "delay out of range, clipped", Attrs: attrs(map[string]any{"delay": 1441, "flight": "AA 128"})},
		{Time: at.Add(5 * tick), Stream: store.Records, Level: "INFO", Text: "written", Attrs: attrs(map[string]any{"format": "parquet"})},
	}
}
