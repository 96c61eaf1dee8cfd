package islands_test

import (
	"strconv"
	"testing"
)

// TestWindowReachesBothEnds walks a list of one row a second for ten years, which
// is far longer than browsers let an element be (S-80, S-142).
func TestWindowReachesBothEnds(t *testing.T) {
	p := open(t, `<div id="view"><div id="space"></div></div>`, nil)
	const rows = 315_532_800
	_ = eval[bool](p, `(() => {
		const view = document.getElementById("view"), space = document.getElementById("space");
		Object.assign(view.style, {height: "336px", overflowY: "scroll", position: "relative"});
		space.style.position = "relative";
		globalThis.list = new Window(view, 28, 8, (i) => {
			const row = Object.assign(document.createElement("div"), {className: "row", textContent: String(i)});
			Object.assign(row.style, {position: "absolute", height: "28px"});
			return row;
		}, space);
		list.resize(315532800);
		return true })()`)
	for _, c := range []struct {
		reason, where string
		row           int
	}{
		{"the last row", "nearest", rows - 1},
		{"a row mid-way", "center", 157_766_401},
		{"the row after it", "nearest", 157_766_402},
		{"a dozen rows further", "nearest", 157_766_420},
		{"a row far away", "nearest", 157_767_420},
		{"a row near the end", "start", rows - 50},
		{"the first row", "nearest", 0},
	} {
		got := eval[[]float64](p, `new Promise(done => {
			list.go(`+strconv.Itoa(c.row)+`, "`+c.where+`");
			requestAnimationFrame(() => requestAnimationFrame(() => {
				const frame = document.getElementById("view").getBoundingClientRect(), rows = [...document.querySelectorAll(".row")];
				const row = rows.find(r => r.textContent === "`+strconv.Itoa(c.row)+`")?.getBoundingClientRect();
				done([rows.length, row && row.top >= frame.top - 1 && row.bottom <= frame.bottom + 1 ? 1 : 0]);
			})) })`)
		if got[0] > 40 || got[1] != 1 {
			t.Errorf("%s: %v rows are in the page; in view: %v", c.reason, got[0], got[1] == 1)
		}
	}
	if height := eval[float64](p, `document.getElementById("space").offsetHeight`); height > 10_000_000 {
		t.Errorf("the spacer is %v pixels high", height)
	}
}
