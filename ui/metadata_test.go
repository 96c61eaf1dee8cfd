package ui

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

func TestReadMetadata(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ reason, raw, tag, line string }{
		{"a text", `{"type":"text","value":"hello"}`, "text", "hello"},
		{"a count has groups", `{"type":"int","value":12345}`, "int", "12 345"},
		{"bytes have a unit", `{"type":"bytes","value":2048}`, "bytes", "2.0 KiB"},
		{"a duration is in seconds", `{"type":"duration","value":90.5}`, "duration", "1 m 30 s"},
		{"a share", `{"type":"percentage","value":18.7}`, "percentage", "18.7 %"},
		{"an instant", `{"type":"timestamp","value":0}`, "timestamp", "1970-01-01 00:00:00.000 UTC"},
		{"JSON kept as text", `{"type":"json","value":"{\"a\": 1}"}`, "json", `{"a":1}`},
		{"an unknown tag keeps its JSON", `{"type":"hologram","value":[1]}`, "json", `{"type":"hologram","value":[1]}`},
		{"content that does not fit its tag keeps its JSON", `{"type":"int","value":"x"}`, "json", `{"type":"int","value":"x"}`},
		{"no tag", `{"a":1}`, "json", `{"a":1}`},
		{"broken JSON stays text", `{`, "json", "{"},
		{"a table", `{"type":"table","columns":["a","b"],"rows":[["x",1],["y",2.5]]}`, "table", "2 rows"},
		{"a schema", `{"type":"schema","columns":[{"name":"a","type":"int64"}]}`, "schema", "1 row"},
		{"a list", `{"type":"list","value":[{"type":"int","value":1},{"type":"text","value":"b"}]}`, "list", "2 rows"},
	} {
		m := readMetadata("k", json.RawMessage(c.raw))
		if got := strings.ReplaceAll(m.oneLine(), "\u202f", " "); m.Tag != c.tag || got != c.line {
			t.Errorf("%s: %s %q, want %s %q", c.reason, m.Tag, got, c.tag, c.line)
		}
	}
}

func TestTableColumns(t *testing.T) {
	t.Parallel()
	m := readMetadata("k", json.RawMessage(`{"type":"table","columns":["name","n","mixed"],"rows":[["a",1,1],["b",2,"x"],["c",null,3]]}`))
	want := []Column{{Name: "name"}, {Name: "n", Numeric: true}, {Name: "mixed"}}
	if d := cmp.Diff(want, m.Table.Columns); d != "" {
		t.Error(d)
	}
	if _, _, _, ok := m.Table.figures(); ok {
		t.Error("a column with a gap was drawn as a chart")
	}
}

func TestOnlySafeAddressesAreFollowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address string
		link    bool
		image   bool
	}{
		{"https://example.org/x", true, false},
		{"javascript:alert(1)", false, false},
		{"//example.org", false, false},
		{"data:image/png;base64,AAAA", false, true},
		{"data:image/svg+xml;base64,AAAA", false, true},
		{"data:text/html,x", false, false},
	} {
		if safeLink(c.address) != c.link || safeImage(c.address) != c.image {
			t.Errorf("%s: link %v, image %v", c.address, safeLink(c.address), safeImage(c.address))
		}
	}
}

func TestReadMarkdown(t *testing.T) {
	t.Parallel()
	got := readMarkdown("# Title\n\nOne **bold** and `code`,\ntwo [link](https://a.b/c) [bad](javascript:x).\n\n- a\n- *b*\n\n1. c\n\n```\nx < y\n```\n<b>not markup</b>")
	want := []mdBlock{
		{Kind: mdHeading, Spans: []mdSpan{{Text: "Title"}}},
		{Spans: []mdSpan{{Text: "One "}, {Text: "bold", Bold: true}, {Text: " and "}, {Text: "code", Code: true}, {Text: ", two "}, {Text: "link", Link: "https://a.b/c"}, {Text: " [bad](javascript:x)."}}},
		{Kind: mdList, Items: [][]mdSpan{{{Text: "a"}}, {{Text: "b", Italic: true}}}},
		{Kind: mdNumbered, Items: [][]mdSpan{{{Text: "c"}}}},
		{Kind: mdCode, Text: "x < y"},
		{Spans: []mdSpan{{Text: "<b>not markup</b>"}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// FuzzMarkdown never loses its way: it ends, and every letter of a text without
// marks is shown.
func FuzzMarkdown(f *testing.F) {
	f.Add("# a\n- b\n1. c\n```\nd")
	f.Add("**[`*")
	f.Add("-")
	f.Fuzz(func(t *testing.T, text string) {
		var shown strings.Builder
		for _, b := range readMarkdown(text) {
			shown.WriteString(b.Text)
			for _, s := range append(b.Spans, flatten(b.Items)...) {
				shown.WriteString(s.Text)
				if s.Link != "" && !safeLink(s.Link) {
					t.Errorf("an unsafe link: %q", s.Link)
				}
			}
		}
		if !strings.ContainsAny(text, "#-*+`[]().0123456789\r") && strings.Join(strings.Fields(shown.String()), "") != strings.Join(strings.Fields(text), "") {
			t.Errorf("%q is shown as %q", text, shown.String())
		}
	})
}

func flatten(items [][]mdSpan) []mdSpan {
	var out []mdSpan
	for _, i := range items {
		out = append(out, i...)
	}
	return out
}

func TestSchemaDiff(t *testing.T) {
	t.Parallel()
	made := func(columns string) store.Materialized {
		return store.Materialized{Event: event.Materialization{Metadata: event.Metadata{"schema": json.RawMessage(`{"type":"schema","columns":` + columns + `}`)}}}
	}
	got := schemaDiff([]store.Materialized{
		made(`[{"name":"a","type":"int64"},{"name":"b","type":"string"}]`),
		{},
		made(`[{"name":"a","type":"int32"},{"name":"c","type":"bool"}]`),
	})
	want := []schemaChange{{"retyped", "a", "int32", "int64"}, {"added", "b", "", "string"}, {"removed", "c", "bool", ""}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSharesFillTheBarAndHideNothing(t *testing.T) {
	t.Parallel()
	got := shares(10_000, part{"materialized", 9_999}, part{"failed", 1}, part{"missing", 0})
	want := []share{{"materialized", "0.0", "995.0"}, {"failed", "995.0", "5.0"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if shares(0, part{"failed", 0}) != nil {
		t.Error("nothing has parts")
	}
}
