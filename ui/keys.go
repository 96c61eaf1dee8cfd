package ui

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/ui/format"
	"rivers.io/ui/health"
)

// keysPage is the tab of an asset's partitions.
type keysPage struct {
	Only  string
	stale keyStaleness
	rows  []keyRow
	pages pages
}

// keyRow is one key with its state.
type keyRow struct {
	Key    partition.Key
	status status
	state  store.PartitionState
	// causes are why the key is stale.
	causes []health.Cause
}

// keysPerPage is the length of a page of keys.
const keysPerPage = 100

// keyStates are the states that the list can be restricted to.
var keyStates = []pill{
	{Key: "", Title: "All"},
	{Key: "materialized", Title: "Materialized", Glyph: "materialized"},
	{Key: "failed", Title: "Failed", Glyph: "failed"},
	{Key: "missing", Title: "Missing", Glyph: "missing"},
}

func (s partSummary) count(key string) uint64 {
	switch key {
	case "materialized":
		return s.Materialized
	case "failed":
		return s.Failed
	case "missing":
		return s.Missing
	}
	return s.Total
}

func (s partSummary) parts() []part {
	return []part{{"materialized", s.Materialized}, {"failed", s.Failed}, {"missing", s.Missing}}
}

func (s partSummary) words() string {
	text := format.Count(s.Materialized) + " of " + format.Plural(s.Total, "partition") + " materialized"
	if s.Failed > 0 {
		text += ", " + format.Count(s.Failed) + " failed"
	}
	if s.Missing > 0 {
		text += ", " + format.Count(s.Missing) + " missing"
	}
	return text
}

// choose returns the keys of a state as a set.
func (c *call) choose(name string, space partition.Space, state string) (partition.Set, error) {
	full := partition.Full(space, c.now)
	if state == "" || state == "all" {
		return full, nil
	}
	_, sets, err := c.partitions(name, space)
	if err != nil {
		return full, err
	}
	switch state {
	case "materialized":
		return sets.Materialized.AndNot(sets.Failed), nil
	case "failed":
		return sets.Failed, nil
	case "missing":
		return full.AndNot(sets.Materialized).AndNot(sets.Failed), nil
	}
	return full, badRequest("There is no state of partitions called " + strconv.Quote(state) + ".")
}

// keysPage reads one page of keys, the newest first: in a grid the end is what
// people look at.
func (c *call) keysPage(cat *catalog, name string, space partition.Space) (keysPage, error) {
	p := keysPage{Only: c.query("only")}
	set, err := c.choose(name, space, p.Only)
	if err != nil {
		return p, err
	}
	total := set.Count()
	n, err := strconv.ParseUint(c.query("page"), 10, 64)
	if err != nil {
		n = 0
	}
	skip := min(n*keysPerPage, total)
	count := min(keysPerPage, total-skip)
	ordinals := set.Page(total-skip-count, int(count))
	keys := make([]partition.Key, 0, count)
	for i := len(ordinals) - 1; i >= 0; i-- {
		if key, ok := space.Key(ordinals[i], c.now); ok {
			keys = append(keys, key)
		}
	}
	if p.rows, err = c.keyRows(name, keys); err != nil {
		return p, err
	}
	if p.stale, err = c.keyStaleness(cat, name); err != nil {
		return p, err
	}
	if err := c.markStale(cat, name, p.rows); err != nil {
		return p, err
	}
	p.pages.Words = rangeWords(min(skip+1, total), skip+count, total)
	if skip > 0 {
		p.pages.Prev = c.pathWith("page", strconv.FormatUint(n-1, 10))
	}
	if skip+count < total {
		p.pages.Next = c.pathWith("page", strconv.FormatUint(n+1, 10))
	}
	return p, nil
}

// keyRows reads the states of keys, in order.
func (c *call) keyRows(name string, keys []partition.Key) ([]keyRow, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	states, err := c.state.PartitionStates(c.ctx, name, keys)
	if err != nil {
		return nil, err
	}
	rows := make([]keyRow, len(states))
	for i, s := range states {
		rows[i] = keyRow{Key: s.Key, status: keyStatus(s), state: s}
	}
	return rows, nil
}

func keyStatus(s store.PartitionState) status {
	switch {
	case s.IsFailed():
		return failed
	case s.MaterializedAt.IsZero():
		return status{"missing", "missing", ""}
	}
	return status{"materialized", "materialized", ""}
}

// wireRange is a range of keys as the picker reads it: positions and keys of
// both ends, both included.
type wireRange struct {
	A    uint64        `json:"a"`
	B    uint64        `json:"b"`
	From partition.Key `json:"from"`
	To   partition.Key `json:"to"`
}

// maxRanges bounds an answer in ranges.
const maxRanges = 5000

// maxPickerRows bounds a page of the picker (S-10).
const maxPickerRows = 1000

// keys answers the picker: a page of keys, the position of one, or ranges.
func (c *call) keys() error {
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	name := c.r.PathValue("asset")
	space := cat.space(name)
	if space == nil {
		return notFound("No partitions", "The asset is unknown or has no partitions.")
	}
	q := c.r.URL.Query()
	switch {
	case q.Has("index"):
		return c.keyIndex(space, q.Get("index"))
	case q.Has("parse"):
		set, err := partition.ParseSelection(q.Get("parse"), space, c.now)
		if err != nil {
			return c.json(map[string]any{"ranges": []wireRange{}, "error": err.Error()})
		}
		return c.ranges(set, space, "")
	case q.Has("choose"):
		return c.chosenRanges(name, space, q.Get("choose"), q.Get("q"))
	}
	return c.keyRowsJSON(name, space)
}

// keyIndex answers the position of a key; what no key is gets a 422 that says
// what is near.
func (c *call) keyIndex(space partition.Space, text string) error {
	o, err := space.Ordinal(partition.Key(text), c.now)
	if err != nil {
		return &pageError{status: http.StatusUnprocessableEntity, title: "No such key", text: err.Error()}
	}
	return c.json(map[string]uint64{"index": o})
}

// maxMatches bounds the keys of a search that one answer holds.
const maxMatches = 1_000_000

// chosenRanges answers the keys of a state, or those of them that match a search:
// all matches, or with a limit those from an offset on. A note says when there
// are too many matches for one answer.
func (c *call) chosenRanges(name string, space partition.Space, state, search string) error {
	set, err := c.choose(name, space, state)
	if err != nil {
		return err
	}
	if search == "" {
		return c.ranges(set, space, "")
	}
	q := c.r.URL.Query()
	offset, _ := strconv.ParseUint(q.Get("offset"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	asked := limit
	if limit < 1 || limit > maxMatches {
		limit = maxMatches
	}
	var found partition.Set
	keys, total := partition.Search(space, search, c.now, offset, limit)
	for _, k := range keys {
		if o, err := space.Ordinal(k, c.now); err == nil {
			found.Add(o)
		}
	}
	wanted := total - min(offset, total)
	if asked > 0 {
		wanted = min(wanted, uint64(asked))
	}
	return c.ranges(set.And(found), space, cutWords(uint64(len(keys)), wanted))
}

// cutWords says that not every match was chosen; nothing when each was.
func cutWords(chosen, wanted uint64) string {
	if chosen >= wanted {
		return ""
	}
	return "Only the first " + format.Count(chosen) + " of " + format.Count(wanted) + " matches are chosen: search for more, or type a range of keys."
}

// ranges answers a set as ranges, with a note unless it is empty.
func (c *call) ranges(set partition.Set, space partition.Space, note string) error {
	out := []wireRange{}
	for from, to := range set.Ranges() {
		if len(out) == maxRanges {
			return &pageError{status: http.StatusUnprocessableEntity, title: "Too scattered", text: "The choice has more than " + format.Count(maxRanges) + " ranges; restrict it."}
		}
		a, _ := space.Key(from, c.now)
		b, _ := space.Key(to-1, c.now)
		out = append(out, wireRange{from, to - 1, a, b})
	}
	answer := map[string]any{"ranges": out}
	if note != "" {
		answer["note"] = note
	}
	return c.json(answer)
}

// keyRowsJSON answers a page of keys in definition order.
func (c *call) keyRowsJSON(name string, space partition.Space) error {
	q := c.r.URL.Query()
	offset, _ := strconv.ParseUint(q.Get("offset"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit < 1 || limit > maxPickerRows {
		limit = 200
	}
	keys, total := partition.Search(space, strings.TrimSpace(q.Get("q")), c.now, offset, limit)
	rows, err := c.keyRows(name, keys)
	if err != nil {
		return err
	}
	type wireKey struct {
		Ordinal uint64        `json:"o"`
		Key     partition.Key `json:"k"`
		State   string        `json:"s,omitempty"`
	}
	out := make([]wireKey, len(rows))
	for i, r := range rows {
		o, err := space.Ordinal(r.Key, c.now)
		if err != nil {
			return err
		}
		out[i] = wireKey{o, r.Key, map[string]string{"materialized": "m", "failed": "f"}[r.status.Key]}
	}
	return c.json(map[string]any{"total": total, "keys": out})
}

// json answers a value.
func (c *call) json(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, "application/json; charset=utf-8", raw)
}
