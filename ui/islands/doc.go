// Package islands holds the script of the pages: app.ts, which every page loads,
// and one entry for each heavy custom element, which only the pages that show it
// load: graph.ts, gantt.ts and partition-map.ts. The command ui/bundle makes them
// into the files that are served; what an element expects of its attributes and
// addresses is said at the top of its element.ts.
//
// In Go there are only tests, which run the elements in a real browser. Scripts
// must never build markup from strings, set style attributes, evaluate text or
// ask another origin for anything.
package islands
