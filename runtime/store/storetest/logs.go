package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

func (f *fixture) lines(run string, filter store.LogFilter) []store.LogLine {
	f.Helper()
	list, err := f.l.LogLines(f.ctx, run, filter, 0, 0)
	f.ok(err)
	return list
}

func lineTexts(list []store.LogLine) []string {
	var out []string
	for _, l := range list {
		out = append(out, l.Text)
	}
	return out
}

var logTests = []promise{
	{"lines come back whole and in order", func(f *fixture) {
		s := f.start()
		a := attempt("a", "k", 2)
		in := []store.LogLine{
			{Time: f.clock.Now(), Attempt: a, Stream: store.Stdout, Text: "ünïcode\x00\x1b[1m"},
			{Time: f.clock.Now(), Attempt: a, Stream: store.Records, Level: "WARN", Text: "m", Attrs: json.RawMessage(`{"x":1}`)},
			{Time: f.clock.Now(), Stream: store.Process, Text: ""},
			{Time: f.clock.Now(), Attempt: a, Stream: store.Stderr, Dropped: 12},
		}
		f.ok(f.l.AppendLogs(f.ctx, s.id, in[:2]))
		f.ok(f.l.AppendLogs(f.ctx, s.id, in[2:]))
		for i := range in {
			in[i].Seq = uint64(i + 1)
		}
		f.equal(in, f.lines(s.id, store.LogFilter{}))
		rest, err := f.l.LogLines(f.ctx, s.id, store.LogFilter{}, 1, 2)
		f.ok(err)
		f.equal(in[1:3], rest)
	}},
	{"filters pick lines", func(f *fixture) {
		s := f.start()
		a1, a2, b := attempt("a", "k", 1), attempt("a", "k", 2), attempt("b", "", 1)
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{
			{Attempt: a1, Stream: store.Stdout, Text: "one fish"},
			{Attempt: b, Stream: store.Records, Level: "DEBUG", Text: "two fish"},
			{Attempt: a2, Stream: store.Records, Level: "ERROR", Text: "red Fish"},
			{Stream: store.Process, Text: "blue fish"},
			{Attempt: attempt("a", "k2", 1), Stream: store.Stderr, Text: "other"},
		}))
		for why, c := range map[string]struct {
			filter store.LogFilter
			want   []string
		}{
			"step and key": {store.LogFilter{Step: event.Step{Name: "a", Key: "k"}}, []string{"one fish", "red Fish"}},
			"step":         {store.LogFilter{Step: event.Step{Name: "a"}}, []string{"one fish", "red Fish", "other"}},
			"attempt":      {store.LogFilter{Step: event.Step{Name: "a", Key: "k"}, Attempt: 2}, []string{"red Fish"}},
			"streams":      {store.LogFilter{Streams: []store.LogStream{store.Stdout, store.Process}}, []string{"one fish", "blue fish"}},
			"level":        {store.LogFilter{Streams: []store.LogStream{store.Records}, MinLevel: "WARN"}, []string{"red Fish"}},
			"level of raw": {store.LogFilter{MinLevel: "ERROR"}, []string{"one fish", "red Fish", "blue fish", "other"}},
			"contains":     {store.LogFilter{Contains: "fish"}, []string{"one fish", "two fish", "blue fish"}},
			"nothing":      {store.LogFilter{Step: event.Step{Name: "zzz"}}, nil},
		} {
			f.Log(why)
			f.equal(c.want, lineTexts(f.lines(s.id, c.filter)))
		}
	}},
	{"the newest 4 MiB of a stream stay, with a marker", func(f *fixture) {
		s := f.start()
		a, b := attempt("a", "", 1), attempt("b", "", 1)
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Attempt: b, Stream: store.Stdout, Text: "kept"}}))
		const size = 512 << 10
		for i := range 12 {
			f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{
				{Attempt: a, Stream: store.Stdout, Text: strings.Repeat(string(rune('a'+i)), size)},
			}))
		}
		f.equal([]string{"kept"}, lineTexts(f.lines(s.id, store.LogFilter{Step: b.Step})))
		list := f.lines(s.id, store.LogFilter{Step: a.Step})
		f.equal(9, len(list))
		f.equal(int64(4*size), list[0].Dropped)
		f.equal("", list[0].Text)
		f.equal("e", list[1].Text[:1])
		for i := 1; i < len(list); i++ {
			f.equal(int64(0), list[i].Dropped)
			if list[i].Seq <= list[i-1].Seq {
				f.Fatal("lines are out of order")
			}
		}
	}},
	{"a marker of the writer counts among what was dropped", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Attempt: a, Stream: store.Stderr, Dropped: 100}}))
		for range 5 {
			f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Attempt: a, Stream: store.Stderr, Text: strings.Repeat("x", 1<<20)}}))
		}
		f.equal(int64(100+1<<20), f.lines(s.id, store.LogFilter{})[0].Dropped)
	}},
	{"a line that is too long is cut, with a marker, and loses no other", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		most, over := strings.Repeat("é", store.MaxLogLine/2), 100<<10
		big := json.RawMessage(`{"x":"` + strings.Repeat("y", store.MaxLogLine) + `"}`)
		small := json.RawMessage(`{"x":1}`)
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{
			{Attempt: a, Stream: store.Stdout, Text: "before"},
			{Attempt: a, Stream: store.Stdout, Text: most},
			{Attempt: a, Stream: store.Stdout, Text: most + strings.Repeat("x", over)},
			{Attempt: a, Stream: store.Records, Level: "WARN", Text: "big", Attrs: big},
			{Attempt: a, Stream: store.Records, Level: "WARN", Text: most, Attrs: small},
			{Attempt: a, Stream: store.Stderr, Text: "after"},
		}))
		list := f.lines(s.id, store.LogFilter{})
		f.equal(9, len(list))
		f.equal("before", list[0].Text)
		f.equal(true, list[1].Text == most)
		cut := list[2].Text
		if len(cut) > store.MaxLogLine || len(cut) < store.MaxLogLine-100 || !utf8.ValidString(cut) || !strings.HasSuffix(cut, "bytes cut)") {
			f.Fatalf("the text of %d bytes ends with %q", len(cut), cut[len(cut)-40:])
		}
		f.equal(int64(0), list[2].Dropped)
		kept := strings.Count(cut, "é") * len("é")
		f.equal(store.LogLine{Seq: 4, Time: list[2].Time, Attempt: a, Stream: store.Stdout, Dropped: int64(len(most) + over - kept)}, list[3])
		f.equal("big", list[4].Text)
		f.equal(fmt.Sprintf(`{"cut":"%d bytes"}`, len(big)), string(list[4].Attrs))
		f.equal(int64(len(big)), list[5].Dropped)
		f.equal(string(small), string(list[6].Attrs))
		f.equal(true, len(list[6].Text)+len(small) <= store.MaxLogLine)
		f.equal("after", list[8].Text)
	}},
	{"lines of any number and size are stored at once, the newest of each stream", func(f *fixture) {
		s := f.start()
		a, b := attempt("a", "", 1), attempt("b", "", 1)
		const size = 512 << 10
		n := store.MaxAppendBytes/size + 20
		text := strings.Repeat("x", size-3)
		lines := []store.LogLine{{Attempt: b, Stream: store.Stdout, Text: "first"}}
		for i := range n {
			lines = append(lines, store.LogLine{Attempt: a, Stream: store.Stdout, Text: fmt.Sprintf("%03d", i) + text})
		}
		lines = append(lines, store.LogLine{Attempt: b, Stream: store.Stdout, Text: "last"})
		f.ok(f.l.AppendLogs(f.ctx, s.id, lines))
		f.equal([]string{"first", "last"}, lineTexts(f.lines(s.id, store.LogFilter{Step: b.Step})))
		list := f.lines(s.id, store.LogFilter{Step: a.Step})
		f.equal(9, len(list))
		f.equal(int64((n-8)*size), list[0].Dropped)
		for i, line := range list[1:] {
			f.equal(fmt.Sprintf("%03d", n-8+i), line.Text[:3])
			f.equal(int64(0), line.Dropped)
		}
	}},
	{"lines of a final run are still accepted", func(f *fixture) {
		s := f.start()
		s.finish(event.Succeeded)
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Stream: store.Process, Text: "late"}}))
		f.equal(1, len(f.lines(s.id, store.LogFilter{})))
	}},
	{"bad lines are refused", func(f *fixture) {
		s := f.start()
		for why, line := range map[string]store.LogLine{
			"stream": {Stream: "tape"},
			"attrs":  {Stream: store.Records, Attrs: json.RawMessage(`{`)},
			"less":   {Stream: store.Stdout, Dropped: -1},
		} {
			f.Log(why)
			f.is(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Stream: store.Stdout, Text: "good"}, line}), store.ErrInvalid)
		}
		f.equal(0, len(f.lines(s.id, store.LogFilter{})))
		f.is(f.l.AppendLogs(f.ctx, newID(), nil), store.ErrNotFound)
		_, err := f.l.LogLines(f.ctx, newID(), store.LogFilter{}, 0, 0)
		f.is(err, store.ErrNotFound)
	}},
}
