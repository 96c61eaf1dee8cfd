package storetest

import (
	"encoding/json"
	"strings"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

var longKey = partition.Key(strings.Repeat("k", partition.MaxKeyLen+1))

var eventTests = []promise{
	{"every payload comes back as it was written", func(f *fixture) {
		s := f.start()
		a := attempt("a", "2001-01-01", 1)
		in := []event.Event{
			launch(a, "ta"),
			of(a, &event.StepStarted{PID: 7}),
			of(a, &event.Observation{DataVersion: "o", Metadata: event.Metadata{"x": json.RawMessage(`{"t":1}`)}}),
			of(a, &event.Materialization{
				Value: &event.ValueRef{Handler: "blob", Path: "a/b", Bytes: 3}, DataVersion: "d",
				Inputs: []event.InputVersion{{Asset: "u", Key: "k", Version: "1"}},
			}),
			of(a, &event.PartitionFailed{Key: "2001-01-02", Error: "bad"}),
			failed(a, false),
			of(a, &event.StepRetryScheduled{NotBefore: f.clock.Now()}),
			of(attempt("b", "", 0), &event.StepSkipped{Cause: "c", By: a.Step}),
		}
		s.append(s.owner(in...))
		got := f.events(s.id)[2:]
		for i := range in {
			in[i].Stream, in[i].Seq, in[i].Time = s.id, uint64(i+3), f.clock.Now()
		}
		f.equal(in, got)
	}},
	{"an unknown type is kept", func(f *fixture) {
		s := f.start()
		u := &event.Unknown{Name: "StepTeleported", Raw: json.RawMessage(`{"to":"mars"}`)}
		s.append(s.owner(of(attempt("a", "", 1), u)))
		got := f.events(s.id)[2]
		f.equal(event.Payload(u), got.Payload)
		f.equal(event.Type("StepTeleported"), got.Type())
	}},
	{"events are read above a number, in order, at most the limit", func(f *fixture) {
		s := f.start()
		for i := range 5 {
			s.append(s.owner(launch(attempt("a", "", i+1), "t")))
		}
		read := func(after uint64, limit int) []uint64 {
			f.Helper()
			list, err := f.l.Events(f.ctx, s.id, after, limit)
			f.ok(err)
			var seqs []uint64
			for _, e := range list {
				seqs = append(seqs, e.Seq)
			}
			return seqs
		}
		f.equal([]uint64{1, 2, 3, 4, 5, 6, 7}, read(0, 0))
		f.equal([]uint64{3, 4}, read(2, 2))
		f.equal([]uint64{7}, read(6, 2))
		f.equal([]uint64(nil), read(7, 0))
		f.equal([]uint64(nil), read(1<<63, 0))
	}},
	{"without a limit large events come in parts, with one they come together", func(f *fixture) {
		s := f.start(func(r *store.NewRun) { r.Created.Selection = strings.Repeat("x", store.MaxReadBytes+1) })
		const n = 10
		large := strings.Repeat("x", event.MaxPayload-1000)
		for range n {
			s.append(s.owner(of(attempt("a", "", 0), &event.StepSkipped{Cause: large})))
		}
		s.finish(event.Failed)
		var seqs []uint64
		pages := 0
		for after := uint64(0); ; pages++ {
			list, err := f.l.Events(f.ctx, s.id, after, 0)
			f.ok(err)
			if len(list) == 0 {
				break
			}
			bytes := 0
			for _, e := range list {
				raw, err := event.Encode(e.Payload)
				f.ok(err)
				bytes += len(raw)
				after = e.Seq
				seqs = append(seqs, e.Seq)
			}
			if bytes > store.MaxReadBytes && len(list) > 1 {
				f.Fatalf("%d events of %d bytes at once", len(list), bytes)
			}
		}
		f.equal(upTo(1, n+3), seqs)
		f.equal(true, pages > n*event.MaxPayload/store.MaxReadBytes)
		list, err := f.l.Events(f.ctx, s.id, 1, n)
		f.ok(err)
		f.equal(n, len(list))
		watched, err := collect(f.ctx, f.l, s.id, 0)
		f.ok(err)
		f.equal(seqs, watched)
	}},
	{"an unknown run is not found, an asset without events has none", func(f *fixture) {
		_, err := f.l.Events(f.ctx, newID(), 0, 0)
		f.is(err, store.ErrNotFound)
		_, err = f.l.Events(f.ctx, "", 0, 0)
		f.is(err, store.ErrNotFound)
		list, err := f.l.Events(f.ctx, event.AssetStream("a"), 0, 0)
		f.ok(err)
		f.equal(0, len(list))
	}},
	{"an observation goes to the asset's own stream", func(f *fixture) {
		_, err := f.l.Observe(f.ctx, "a", event.Observation{DataVersion: "1"})
		f.is(err, store.ErrNotFound)
		_, err = f.l.Register(f.ctx, catalogue("1", "a"))
		f.ok(err)
		first, err := f.l.Observe(f.ctx, "a", event.Observation{DataVersion: "1"})
		f.ok(err)
		f.clock.Move(time.Second)
		second, err := f.l.Observe(f.ctx, "a", event.Observation{DataVersion: "2"})
		f.ok(err)
		f.equal(uint64(2), second.Seq)
		f.equal([]event.Event{first, second}, f.events(event.AssetStream("a")))
		for _, bad := range []string{"", strings.Repeat("x", store.MaxName+1)} {
			_, err = f.l.Observe(f.ctx, bad, event.Observation{})
			f.is(err, store.ErrInvalid)
		}
		_, err = f.l.Run(f.ctx, event.AssetStream("a"))
		f.is(err, store.ErrNotFound)
		_, err = f.l.TakeOver(f.ctx, event.AssetStream("a"), take("e"))
		f.is(err, store.ErrNotFound)
	}},
}
