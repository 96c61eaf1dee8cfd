package islands_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The pure parts of the islands run in a real browser: each case is an expression
// and what it gives.
func TestLogic(t *testing.T) {
	p := open(t, "", nil)
	for _, c := range []struct {
		reason, expression string
		want               any
	}{
		{"durations have two units at most", `[0.4, 840, 1500, 12340, 59960, 133000, 3600000, 3840000, 90000000].map(duration).join("; ").replaceAll("\u202f", " ")`,
			"0 ms; 840 ms; 1.5 s; 12 s; 59 s; 2 m 13 s; 1 h; 1 h 4 m; 1 d 1 h"},
		{"a negative duration keeps its unit", `duration(-2400).replaceAll("\u202f", " ")`, "−2.4 s"},
		{"an unknown duration is a dash", `duration(NaN)`, "–"},
		{"marks stand on round times", `ticks(0, 10000, 1000, 100)`, []any{0., 1000., 2000., 3000., 4000., 5000., 6000., 7000., 8000., 9000., 10000.}},
		{"marks keep apart", `ticks(150, 61000, 300, 100)`, []any{30000., 60000.}},
		{"marks of years do not run away", `ticks(0, 3e11, 500, 100).length < 8`, true},

		{"ranges that touch become one", `{ const s = new Selection(); s.add(0, 3); s.add(5, 7); s.add(3, 5); JSON.stringify(s.ranges) }`, "[[0,7]]"},
		{"a hole splits a range", `{ const s = new Selection(); s.add(0, 9); s.remove(3, 5); JSON.stringify([s.ranges, s.count, s.holds(2, 4), s.touches(2, 4)]) }`, "[[[0,3],[5,9]],7,false,true]"},
		{"days are named by arithmetic", `{ const k = new Keys(); k.learn({kind: "daily", unit: "key", first: "2000-02-27T00:00", from: 0, to: 9}); [k.key(0), k.key(3), k.range(2, 5), k.ordinal("2000-03-01")] }`,
			[]any{"2000-02-27", "2000-03-01", "2000-02-29..2000-03-02", 3.}},
		{"hours too", `{ const k = new Keys(); k.learn({kind: "hourly", unit: "key", first: "2001-12-31T22:00", from: 0, to: 9}); [k.key(0), k.key(3), k.ordinal("2002-01-01T01:00")] }`,
			[]any{"2001-12-31T22:00", "2002-01-01T01:00", 3.}},
		{"other keys are remembered", `{ const k = new Keys(); k.learn({kind: "static", unit: "block", from: 0, to: 7, sizes: [5, 2], firstKeys: ["a", "f"], lastKeys: ["e", "g"]}); [k.range(0, 5), k.range(5, 7), k.key(2)] }`,
			[]any{"a..e", "f..g", ""}},
		{"a calendar has weeks as columns", `{
			const k = new Keys(), w = {kind: "daily", unit: "key", first: "2001-01-01T00:00", from: 0, to: 90, letters: "m".repeat(90)};
			k.learn(w); const a = arrange(w, cellsOf(w), k, 1000);
			// 2001 began on a Monday.
			[a.x[0] === a.x[6], a.x[7] > a.x[6], a.y[0] === a.y[7], a.labels.filter(l => l.align === "left").map(l => l.text).join()] }`,
			[]any{true, true, true, "Jan 2001,Feb,Mar"}},
		{"a map fits its width", `{
			const k = new Keys(); const widths = [];
			for (const [kind, n] of [["daily", 4000], ["hourly", 3000], ["static", 4000]]) for (const width of [320, 900, 2000]) {
				const w = {kind, unit: "key", first: kind === "static" ? undefined : "2001-03-05T00:00", from: 0, to: n, letters: "m".repeat(n), keys: kind === "static" ? Array(n).fill("k") : undefined};
				k.learn(w); const a = arrange(w, cellsOf(w), k, width); widths.push(a.width <= width);
			} widths.every(x => x) }`, true},
		{"no two cells share a place", `{
			const k = new Keys(); let clashes = 0;
			for (const [kind, unit, n] of [["daily", "key", 1461], ["hourly", "key", 999], ["static", "key", 500]]) {
				const w = {kind, unit, first: kind === "static" ? undefined : "2003-11-05T00:00", from: 0, to: n, letters: "m".repeat(n)};
				k.learn(w); const a = arrange(w, cellsOf(w), k, 1200);
				clashes += n - new Set(Array.from(a.x, (x, i) => x + " " + a.y[i])).size;
			} clashes }`, 0.},
		{"a tile is done only when all of it is", `[letterOf({from: 0, to: 3, m: 3, f: 0, r: 0}), letterOf({from: 0, to: 3, m: 2, f: 0, r: 0}), letterOf({from: 0, to: 3, m: 1, f: 1, r: 1}), letterOf({from: 0, to: 3, m: 1, f: 0, r: 1})].join("")`, "m-fr"},

		{"many partitions of an asset become one line", `{
			const row = (i, asset, key) => ({index: i, asset, key, state: "m", attempts: [], cause: "", ready: 0, ended: 0, critical: false, previous: 0});
			const rows = []; for (let i = 0; i < 40; i++) rows.push(row(i, "days", "k" + i)); rows.push(row(40, "sum", ""));
			const shape = (w) => linesOf(rows, {state: "", text: "", turned: new Set(), ...w}).length;
			[shape({}), shape({turned: new Set(["days"])}), shape({text: "K7"}), shape({state: "failed"}), shape({text: "sum"})] }`,
			[]any{2., 42., 1., 0., 1.}},

		{"a grid finds what touches a rectangle, once", `{ const g = new Grid(new Float32Array([0,0,10,10, 90,90,100,100, 0,0,100,100]), 100, 100, 20);
			JSON.stringify([g.query(5, 5, 6, 6), g.query(50, 50, 60, 60), g.query(95, 95, 95, 95), g.query(-50, -50, 500, 500)].map(l => l.sort())) }`, "[[0,2],[2],[1,2],[0,1,2]]"},
		{"a long stretch is found along its way, forward and back, and nowhere else", `[[0, 0, 9000, 12000], [9000, 500, 0, 20000], [0, 0, 100, 60]].map(ends => {
			const points = new Float32Array([...ends, 0, 40000, 10, 40000]), { rects, owners } = spans(points), g = new Grid(rects, 12000, 41000, 640, owners);
			const c = curve(...ends), [x0, y0, x1, y1] = ends; let lost = 0;
			for (let i = 0; i <= 1000; i++) { const p = part(c, 0, i / 1000); if (!g.query(p.x1, p.y1, p.x1, p.y1).includes(0)) lost++;
				if (i % 10 === 0 && Math.hypot(x1 - x0, y1 - y0) > 3000 && !g.query(x0 + (x1 - x0) * i / 1000, y0 + (y1 - y0) * i / 1000, x0 + (x1 - x0) * i / 1000, y0 + (y1 - y0) * i / 1000).includes(0)) lost++; }
			return [lost, g.query(Math.min(x0, x1), y1 - 300, Math.min(x0, x1) + 50, y1 - 200).includes(0) && x0 < x1 && y1 > 1000, g.query(0, 0, 12000, 41000).sort().join()]; })`,
			[]any{[]any{0., false, "0,1"}, []any{0., false, "0,1"}, []any{0., false, "0,1"}}},
		{"the parts of a curve meet and end where it ends", `{ const c = curve(0, 0, 5000, 3000), n = pieces(0, 0, 5000, 3000); let gap = 0;
			for (let k = 0; k + 1 < n; k++) { const a = part(c, k / n, (k + 1) / n), b = part(c, (k + 1) / n, (k + 2) / n); gap = Math.max(gap, Math.hypot(a.x1 - b.x0, a.y1 - b.y0)); }
			const last = part(c, (n - 1) / n, 1); [n, gap < 1e-6, last.x1, last.y1, touches(last, 4999, 2999, 5000, 3000), touches(last, 0, 0, 10, 10)] }`, []any{10., true, 5000., 3000., true, false}},
		{"zooming keeps the point under the pointer", `{ const c = new Camera(); c.width = 800; c.height = 600; c.go({x: 10, y: 20, scale: 1}, false);
			const before = c.toPicture(200, 100); c.zoom(1.7, 200, 100, false); const after = c.toPicture(200, 100);
			Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-9 }`, true},
		{"a smooth zoom keeps it at every step", `{ const c = new Camera(); c.width = 800; c.height = 600; c.go({x: 10, y: 20, scale: 1}, false);
			const before = c.toPicture(200, 100); c.zoom(3, 200, 100, true); let worst = 0, steps = 0;
			for (let t = 16; c.step(t) && steps < 500; t += 16, steps++) { const now = c.toPicture(200, 100); worst = Math.max(worst, Math.hypot(before[0] - now[0], before[1] - now[1])); }
			[worst < 0.5, steps > 3 && steps < 60, c.view.scale] }`, []any{true, true, 3.}},
		{"a frame shows all of a rectangle", `{ const c = new Camera(); c.width = 800; c.height = 600; const v = c.framing(100, 100, 4000, 500, 20, 1);
			[v.x <= 100, v.x + 800 / v.scale >= 4100, v.y <= 100, v.y + 600 / v.scale >= 600] }`, []any{true, true, true, true}},
	} {
		if diff := cmp.Diff(c.want, eval[any](p, c.expression)); diff != "" {
			t.Errorf("%s: %s", c.reason, diff)
		}
	}
}
