package ui_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// TestChoosingMatches asks for the keys that match a search, as ranges.
func TestChoosingMatches(t *testing.T) {
	s := newSite(t, uitest.Options{})
	state := s.Writer.Location(uitest.Identity)
	defs, err := state.Definitions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range defs {
		if d.Name == "weather" {
			longer := *d.Partitions
			longer.Start, longer.End = "1850-01-01T00:00", "1999-12-31T23:00"
			defs[i].Partitions = &longer
		}
	}
	if _, err := state.Register(t.Context(), store.Catalogue{Name: "aviation", Image: "longer", Hash: "defs-long", Definitions: defs}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason, query string
		ranges        int
		from, to      string
		note          string
	}{
		{"all matches", "choose=all&q=1999-12", 1, "1999-12-01T00:00", "1999-12-31T23:00", ""},
		{"some matches", "choose=all&q=1999-12&offset=2&limit=3", 1, "1999-12-01T02:00", "1999-12-01T04:00", ""},
		{"matches beyond the end", "choose=all&q=1999-12&offset=740&limit=30", 1, "1999-12-31T20:00", "1999-12-31T23:00", ""},
		{"more matches than one answer holds", "choose=all&q=-", 1, "1850-01-01T00:00", "1964-01-30T15:00", "Only the first 1\u202f000\u202f000 of 1\u202f314\u202f864 matches are chosen"},
		{"all keys are no matches", "choose=all", 1, "1850-01-01T00:00", "1999-12-31T23:00", ""},
	} {
		w := get(t, s.Server, home+"/assets/weather/keys?"+c.query)
		var got struct {
			Ranges []struct{ From, To string }
			Note   string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
			t.Errorf("%s: status %d: %.200s", c.reason, w.Code, w.Body)
			continue
		}
		if len(got.Ranges) != c.ranges || got.Ranges[0].From != c.from || got.Ranges[0].To != c.to || !strings.HasPrefix(got.Note, c.note) || (c.note == "") != (got.Note == "") {
			t.Errorf("%s: %+v", c.reason, got)
		}
	}
}
