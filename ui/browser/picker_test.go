package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// enter types into one of the picker's fields and presses Enter.
func (p *page) enter(field, text string) {
	p.t.Helper()
	_ = eval[bool](p, fmt.Sprintf(`(f => { f.value = %q; f.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true})); return true })(document.querySelector("[aria-label='%s']"))`, text, field))
}

// clickRow clicks the row with a number, with or without shift.
func (p *page) clickRow(row int, shift bool) {
	p.t.Helper()
	_ = eval[bool](p, fmt.Sprintf(`(r => { r.dispatchEvent(new MouseEvent("click", {bubbles: true, shiftKey: %v})); return true })(document.querySelector(".picker-row[data-row='%d']"))`, shift, row))
}

// chosen waits for the text of what is chosen.
func (p *page) chosen(want string) {
	p.t.Helper()
	p.Until(fmt.Sprintf(`document.querySelector("#partitions").value === %q`, want))
}

// TestPickerShowsWhatASearchChose chooses all matches, looks at them and takes one
// back, with the search still there.
func TestPickerShowsWhatASearchChose(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/materialize?selection=weather")
	p.Until(`document.querySelector(".picker-row bdi") !== null`)
	p.enter("Search keys", "2001-01-31T1")
	p.Until(`document.querySelector(".picker-bar .num").innerText === "10 matches"`)
	p.Click(".picker-bar button")
	p.chosen("2001-01-31T10:00..2001-01-31T19:00")
	p.Click(".picker-bar [aria-pressed]")
	p.Until(`[...document.querySelectorAll(".picker-row")].map(r => r.querySelector("bdi")?.innerText.slice(-5)).join() === "10:00,11:00,12:00,13:00,14:00,15:00,16:00,17:00,18:00,19:00"`)
	p.clickRow(9, false)
	p.chosen("2001-01-31T10:00..2001-01-31T18:00")
	p.Until(`document.querySelector(".picker-bar [aria-pressed]").innerText === "Selected (9)" && document.querySelectorAll(".picker-row").length === 9`)
}

// TestPickerRangesOfMatches chooses from one match to another: the matches between
// them alone, the ones that were never in view too.
func TestPickerRangesOfMatches(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/materialize?selection=weather")
	p.Until(`document.querySelector(".picker-row bdi") !== null`)
	p.enter("Search keys", "T05")
	p.Until(`document.querySelector(".picker-bar .num").innerText === "90 matches" && document.querySelector(".picker-row bdi") !== null`)
	p.clickRow(1, false)
	p.chosen("2001-01-02T05:00")
	p.clickRow(4, true)
	p.chosen("2001-01-02T05:00,2001-01-03T05:00,2001-01-04T05:00,2001-01-05T05:00")
	p.Focus(".picker-view")
	p.Press(kb.End)
	p.Until(`document.querySelector(".picker-row.cursor bdi")?.innerText === "2001-03-31T05:00"`)
	p.clickRow(89, true)
	p.Until(`document.querySelector(".picker-bar [aria-pressed]").innerText === "Selected (89)"`)
	p.enter("Search keys", "")
	p.Until(`document.querySelector(".picker-bar .num").innerText.endsWith("keys") && document.querySelector(".picker-row bdi")?.innerText === "2001-01-01T00:00"`)
	p.clickRow(2, true) // a new list begins without a row to reach from
	p.Until(`document.querySelector(".picker-bar [aria-pressed]").innerText === "Selected (90)"`)
}

// TestPickerReachesBothEnds walks a million keys: the list is taller than a
// browser lets an element be (S-79, S-80).
func TestPickerReachesBothEnds(t *testing.T) {
	s := newSite(t, uitest.Options{})
	lengthen(t, s, "1900-01-01T00:00", "2014-01-29T15:00")
	p := s.open(t, home+"/materialize?selection=weather")
	p.Until(`document.querySelector(".picker-bar .num").innerText.replace(/\D/g, "") === "1000000" && document.querySelector(".picker-row bdi")?.innerText === "1900-01-01T00:00"`)
	scroll := func(to string) {
		_ = eval[bool](p, `(v => { v.scrollTop = `+to+`; return true })(document.querySelector(".picker-view"))`)
	}
	inView := func(key string) {
		p.Until(fmt.Sprintf(`(v => [...v.querySelectorAll("bdi")].some(b => { const r = b.getBoundingClientRect(), w = v.getBoundingClientRect(); return b.innerText === %q && r.top >= w.top - 1 && r.bottom <= w.bottom + 1 }))(document.querySelector(".picker-view"))`, key))
		if n := eval[int](p, `document.querySelectorAll(".picker-row").length`); n > 40 {
			t.Errorf("at %s %d rows are in the page", key, n)
		}
	}
	if h := eval[float64](p, `document.querySelector(".picker-space").offsetHeight`); h > 10_000_000 {
		t.Errorf("the list is %v pixels high", h)
	}
	scroll("1e9")
	inView("2014-01-29T15:00")
	scroll("0")
	inView("1900-01-01T00:00")
	p.Focus(".picker-view")
	p.Press(kb.End)
	inView("2014-01-29T15:00")
	p.enter("Jump to key", "1957-01-14T19:00")
	inView("1957-01-14T19:00")
	p.Press(kb.Home)
	inView("1900-01-01T00:00")
	p.enter("Search keys", "19")
	p.Until(`document.querySelector(".picker-bar .num").innerText.endsWith("matches")`)
	p.Click(".picker-bar button")
	p.Until(`document.querySelector("#toast").innerText.includes("has more than 5\u202f000 ranges")`)
	p.Forgive("422")
}

// lengthen gives weather hours from start on, up to end.
func lengthen(t *testing.T, s *site, start, end string) {
	t.Helper()
	state := s.Writer.Location(uitest.Identity)
	defs, err := state.Definitions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range defs {
		if d.Name == "weather" {
			longer := *d.Partitions
			longer.Start, longer.End = start, end
			defs[i].Partitions = &longer
		}
	}
	if _, err := state.Register(t.Context(), store.Catalogue{Name: "aviation", Image: "longer", Hash: "defs-long", Definitions: defs}); err != nil {
		t.Fatal(err)
	}
	if _, err := partition.New(*defs[2].Partitions); err != nil {
		t.Fatal(err)
	}
}
