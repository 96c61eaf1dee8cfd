package gantt

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rivers.io/runtime/event"
)

// Wire is what the browser gets: all rows, or those that changed. Times are
// milliseconds after Origin, and 0 when unknown (which Origin itself never is:
// it lies one millisecond before the run's first event).
type Wire struct {
	// Origin and Now are milliseconds since 1970 in UTC.
	Origin int64 `json:"origin"`
	Now    int64 `json:"now"`
	// Seq is the last event that is in the answer.
	Seq uint64 `json:"seq"`
	// Full tells that Rows are all rows.
	Full bool `json:"full"`
	// Total is the number of rows of the chart.
	Total   int   `json:"total"`
	Started int64 `json:"started"`
	Ended   int64 `json:"ended"`
	// Took is how long the run took in whole milliseconds, once it is finished: from
	// its first start to its end, whoever carried it out. Started and Ended are cut
	// to milliseconds each, so that their difference may be another.
	Took     int64 `json:"took"`
	Finished bool  `json:"finished"`
	// Outcome is the run's, once it is finished.
	Outcome event.Outcome `json:"outcome,omitempty"`
	// Assets are the names that rows refer to.
	Assets []string  `json:"assets"`
	Rows   []WireRow `json:"rows"`
}

// WireRow is one row as an array: index, asset, key, state, ready, ended, 1 when
// critical, milliseconds of the previous run, attempts, cause. An attempt is an
// array: number, launched, started, ended, outcome, not before, error.
type WireRow [10]any

// maxText bounds the errors that a chart carries; the page of events has more.
const maxText = 300

// Since returns what changed after an event; after 0 it is everything.
func (c *Chart) Since(after uint64, now time.Time) Wire {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.derive()
	origin := c.created.Add(-time.Millisecond)
	w := Wire{
		Origin: origin.UnixMilli(), Now: now.UnixMilli(), Seq: c.seq, Total: len(c.rows), Full: after == 0,
		Started: since(origin, c.started), Ended: since(origin, c.ended), Finished: c.finished, Outcome: c.outcome,
		Assets: []string{}, Rows: []WireRow{},
	}
	if c.finished && !c.started.IsZero() {
		w.Took = max(0, c.ended.Sub(c.started).Milliseconds())
	}
	assets := make(map[string]int)
	for i := range c.rows {
		r := &c.rows[i]
		if after > 0 && r.changed <= after {
			continue
		}
		a, ok := assets[r.Step.Name]
		if !ok {
			a = len(w.Assets)
			assets[r.Step.Name] = a
			w.Assets = append(w.Assets, r.Step.Name)
		}
		w.Rows = append(w.Rows, r.wire(i, a, origin))
	}
	return w
}

func (r *Row) wire(i, asset int, origin time.Time) WireRow {
	attempts := make([]any, len(r.Attempts))
	for k, a := range r.Attempts {
		attempts[k] = [7]any{
			a.Number, since(origin, a.Launched), since(origin, a.Started), since(origin, a.Ended),
			string(rune(a.Outcome)), since(origin, a.NotBefore), clip(a.Error),
		}
	}
	critical := 0
	if r.Critical {
		critical = 1
	}
	return WireRow{
		i, asset, string(r.Step.Key), string(rune(r.State)), since(origin, r.Ready), since(origin, r.Ended),
		critical, r.Previous.Milliseconds(), attempts, clip(r.Cause),
	}
}

func since(origin, t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.Sub(origin).Milliseconds())
}

func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	cut := maxText
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// After reads the parameter after of a request for a chart: the last event that
// the browser knows.
func After(r *http.Request) (uint64, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("after: %q is no number of an event", text)
	}
	return n, nil
}

// Serve answers a request with a chart, compressed when the browser takes that.
func Serve(w http.ResponseWriter, r *http.Request, chart Wire) error {
	raw, err := json.Marshal(chart)
	if err != nil {
		return fmt.Errorf("encode chart: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding")
	if len(raw) < 2048 || h.Get("Content-Encoding") != "" || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		_, _ = w.Write(raw) // the client is gone: nobody is left to tell
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = z.Write(raw) // likewise
	_ = z.Close()       // likewise
	return nil
}
