package iohandler_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/rivers"
)

type wide struct {
	Z    string
	A    int
	List []int64
	Raw  []byte
}

func allRows(t *testing.T, b *iohandler.Blob, ref rivers.Ref) (iohandler.Rows, []string) {
	t.Helper()
	rows, err := b.Rows(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for raw, err := range rows.All {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(raw))
	}
	return rows, got
}

func TestRows(t *testing.T) {
	b := open(t, "mem://")
	for _, c := range []struct {
		why   string
		ref   rivers.Ref
		want  []string
		total int64
	}{
		{
			"records keep the order of their columns", store(t, b, []wide{{"z", 1, []int64{1, 2}, []byte{0xff}}, {A: 2}}),
			[]string{`{"Z":"z","A":1,"List":[1,2],"Raw":"0xff"}`, `{"Z":"","A":2,"List":[],"Raw":""}`}, 2,
		},
		{"no records", store(t, b, []wide{}), nil, 0},
		{"a list", store(t, b, []any{1, "a", nil}), []string{`1`, `"a"`, `null`}, -1},
		{"one value", store(t, b, map[string]int{"a": 1}), []string{`{"a":1}`}, -1},
	} {
		rows, got := allRows(t, b, c.ref)
		if diff := cmp.Diff(c.want, got); diff != "" || rows.Total != c.total {
			t.Errorf("%s: total %d, want %d; %s", c.why, rows.Total, c.total, diff)
		}
	}
}

func TestRowsAreNotCut(t *testing.T) {
	b := open(t, "mem://")
	long := wide{Z: strings.Repeat("z", 3*iohandler.MaxPreviewCell), List: make([]int64, 3*iohandler.MaxPreviewCell), Raw: make([]byte, 3*iohandler.MaxPreviewCell)}
	long.Raw[0] = 0xff
	_, got := allRows(t, b, store(t, b, []wide{long}))
	var back struct {
		Z, Raw string
		List   []int64
	}
	if err := json.Unmarshal([]byte(got[0]), &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Z) != len(long.Z) || len(back.List) != len(long.List) || len(back.Raw) != 2+2*len(long.Raw) {
		t.Errorf("%d, %d, %d of the row came back", len(back.Z), len(back.List), len(back.Raw))
	}
	p, err := b.Preview(t.Context(), store(t, b, []wide{long}), 1)
	if err != nil || !p.Truncated {
		t.Errorf("the preview of it is cut, not %v, %v", p.Truncated, err)
	}
}

func TestRowsOfWhatCannotBeRead(t *testing.T) {
	b := open(t, "mem://")
	good := store(t, b, []wide{{}})
	for why, c := range map[string]struct {
		ref rivers.Ref
		is  error
	}{
		"missing":        {rivers.Ref{Path: "values/_/none", Format: "json"}, rivers.ErrNotFound},
		"up the tree":    {rivers.Ref{Path: "../x", Format: "json"}, nil},
		"unknown format": {rivers.Ref{Path: good.Path, Bytes: good.Bytes, Format: "exe"}, nil},
	} {
		if _, err := b.Rows(t.Context(), c.ref); err == nil || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v", why, err)
		}
	}
	damaged := good
	damaged.Format = "json"
	rows, err := b.Rows(t.Context(), damaged)
	if err != nil {
		t.Fatal(err)
	}
	for raw, err := range rows.All {
		if err == nil {
			t.Errorf("%.20q was read from a Parquet file as JSON", raw)
		}
	}
}

func TestOpenGivesTheObjectAsItIs(t *testing.T) {
	b := open(t, "mem://")
	ref := store(t, b, []any{"<&>"})
	r, err := b.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil || r.Close() != nil || string(raw) != "[\"<&>\"]\n" {
		t.Errorf("%q, %v", raw, err)
	}
	if _, err := b.Open(t.Context(), rivers.Ref{Path: "values/_/none"}); !errors.Is(err, rivers.ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
	if _, err := b.Open(t.Context(), rivers.Ref{Path: "/etc/passwd"}); err == nil {
		t.Error("a path outside of the store was opened")
	}
}
