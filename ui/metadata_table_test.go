package ui

import (
	"strings"
	"testing"
)

func TestShortFigure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason, in, want string
		cut              bool
	}{
		{"a third", "0.3333333333333333", "0.333333", true},
		{"below one, zeros do not count", "0.0012345678", "0.00123457", true},
		{"above one", "12.345678901", "12.3457", true},
		{"rounded up into another digit", "9.9999999", "10", true},
		{"a negative one", "-273.150001", "-273.15", true},
		{"whole digits are never cut", "1234567.891", "1234568", true},
		{"a whole number is left alone", "1234567890123", "1234567890123", false},
		{"few digits are left alone, zeros too", "19.90", "19.90", false},
		{"very small", "0.000001234567891", "1.23457e-06", true},
		{"very large", "1.23456789e+20", "1.23457e+20", true},
		{"nothing", "0.000000000", "0.000000000", false},
		{"no number", "n.a.", "n.a.", false},
		{"an infinity", "1e999", "1e999", false},
		{"an empty cell", "", "", false},
	} {
		if got, cut := shortFigure(c.in); got != c.want || cut != c.cut {
			t.Errorf("%s: shortFigure(%q) = %q, %v; want %q, %v", c.reason, c.in, got, cut, c.want, c.cut)
		}
	}
}

// TestTablesShowShortFigures keeps the whole figure in the title, and leaves texts
// alone that look like one.
func TestTablesShowShortFigures(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	table := Preview{
		Columns: []Column{{Name: "delay", Numeric: true}, {Name: "version"}},
		Rows:    [][]string{{"3.3333333333333335", "1.23456789"}, {"17", ""}},
	}
	if err := dataTable("rows", table).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<td class="r num" title="3.3333333333333335"><bdi>3.33333</bdi></td>`, `<bdi>1.23456789</bdi>`, `<td class="r num"><bdi>17</bdi></td>`,
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %s in %s", want, page.String())
		}
	}
}
