package iohandler_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/metadata"
	"rivers.io/runtime/rivers"
)

type sample struct {
	Day   time.Time `parquet:"day,date"`
	At    time.Time
	Count uint32
	Share float64
	Name  *string
	Tags  []string
	Blob  []byte
}

func names(columns []metadata.Column) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name + " " + c.Type
	}
	return list
}

func TestPreviewOfRows(t *testing.T) {
	b := open(t, "mem://")
	at := time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC)
	bob := "Bob"
	ref := store(t, b, []sample{
		{at, at, math.MaxUint32, 0.5, &bob, []string{"a", "b"}, []byte{0xff}},
		{at, at, 1, math.NaN(), nil, nil, []byte("text")},
		{at, at, 1, 1, nil, nil, nil},
	})
	p, err := b.Preview(t.Context(), ref, 2)
	if err != nil {
		t.Fatal(err)
	}
	wantColumns := []string{
		"day date", "At timestamp(ns)", "Count uint32", "Share double", "Name string", "Tags string", "Blob bytes",
	}
	if diff := cmp.Diff(wantColumns, names(p.Columns)); diff != "" {
		t.Error(diff)
	}
	wantRows := [][]any{
		{"2001-02-03", "2001-02-03T04:05:06.000007Z", uint64(math.MaxUint32), 0.5, "Bob", json.RawMessage(`["a","b"]`), "0xff"},
		{"2001-02-03", "2001-02-03T04:05:06.000007Z", uint64(1), "NaN", nil, json.RawMessage(`[]`), "text"},
	}
	if diff := cmp.Diff(wantRows, p.Rows); diff != "" {
		t.Error(diff)
	}
	if p.Total != 3 || !p.Truncated {
		t.Errorf("total %d, truncated %v; want 3 rows of which one was left out", p.Total, p.Truncated)
	}
	if _, err := json.Marshal(p); err != nil {
		t.Errorf("a preview must be JSON: %v", err)
	}
}

func TestPreviewOfJSON(t *testing.T) {
	b := open(t, "mem://")
	for _, c := range []struct {
		why     string
		value   any
		columns []string
		rows    [][]any
		total   int64
	}{
		{"a number", 42, []string{"value json"}, [][]any{{int64(42)}}, 1},
		{"null", nil, []string{"value json"}, [][]any{{nil}}, 1},
		{
			"an object is a list of its fields", struct {
				B int
				A []int
			}{1, []int{2}},
			[]string{"name json", "value json"},
			[][]any{{"B", int64(1)}, {"A", json.RawMessage("[2]")}}, 2,
		},
		{
			"fields become columns when they first appear",
			[]map[string]any{{"x": 1}, {"y": true}, {"x": 2.5, "y": nil}},
			[]string{"x json", "y json"},
			[][]any{{int64(1), nil}, {nil, true}, {2.5, nil}}, 3,
		},
		{"a list of plain values", []int{1, 2}, []string{"value json"}, [][]any{{int64(1)}, {int64(2)}}, 2},
		{"an empty list", []int{}, nil, nil, 0},
	} {
		ref := store(t, b, c.value)
		p, err := b.Preview(t.Context(), ref, 0)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if diff := cmp.Diff(c.rows, p.Rows); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
		if got := names(p.Columns); strings.Join(got, ",") != strings.Join(c.columns, ",") {
			t.Errorf("%s: columns %v, want %v", c.why, got, c.columns)
		}
		if p.Total != c.total || p.Truncated {
			t.Errorf("%s: total %d, truncated %v; want %d", c.why, p.Total, p.Truncated, c.total)
		}
	}
}

func TestPreviewIsBounded(t *testing.T) {
	b := open(t, "mem://")
	long := strings.Repeat("ä", 1<<20)
	huge := make([]string, 5000)
	for i := range huge {
		huge[i] = strings.Repeat("x", 3000)
	}
	type row struct{ Text string }
	rows := make([]row, len(huge))
	for i := range rows {
		rows[i].Text = huge[i]
	}
	for why, ref := range map[string]rivers.Ref{
		"one long cell":                  store(t, b, []row{{long}}),
		"many long rows":                 store(t, b, rows),
		"a list longer than the reading": store(t, b, huge),
		"one value longer than that":     store(t, b, strings.Repeat("y", 40<<20)[:1<<20]),
		"nested":                         store(t, b, map[string]any{"deep": huge[:100]}),
	} {
		p, err := b.Preview(t.Context(), ref, 0)
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		raw, err := json.Marshal(p)
		if err != nil || len(raw) > 2*iohandler.MaxPreviewBytes || !p.Truncated {
			t.Errorf("%s: %d bytes, truncated %v, %v", why, len(raw), p.Truncated, err)
		}
	}
}

func TestPreviewOfWhatCannotBeShown(t *testing.T) {
	b := open(t, "mem://")
	ref := store(t, b, []inner{{"a", time.Unix(0, 0)}})
	for why, c := range map[string]struct {
		change func(*rivers.Ref)
		is     error
	}{
		"missing":        {func(r *rivers.Ref) { r.Path = "values/_/none.parquet" }, rivers.ErrNotFound},
		"up the tree":    {func(r *rivers.Ref) { r.Path = "../secret" }, nil},
		"absolute":       {func(r *rivers.Ref) { r.Path = "/etc/passwd" }, nil},
		"unknown format": {func(r *rivers.Ref) { r.Format = "exe" }, nil},
		"wrong format":   {func(r *rivers.Ref) { r.Format = "json" }, nil},
		"wrong size":     {func(r *rivers.Ref) { r.Bytes-- }, nil},
	} {
		bad := ref
		c.change(&bad)
		_, err := b.Preview(t.Context(), bad, 0)
		if err == nil || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func FuzzPreview(f *testing.F) {
	f.Add([]byte(`[{"a":1},2,null]`), false)
	f.Add([]byte(`PAR1PAR1`), true)
	b := open(f, "mem://")
	f.Add(object(f, b, samples(f, b)), true)
	f.Fuzz(func(t *testing.T, raw []byte, parquet bool) {
		b := open(t, "mem://")
		ref := rivers.Ref{Path: "values/_/x", Format: "json", Bytes: int64(len(raw))}
		if parquet {
			ref.Format = "parquet"
		}
		iohandler.WriteRaw(t, b, ref.Path, raw)
		_, _ = b.Preview(t.Context(), ref, 10) // neither panic nor hang
	})
}
