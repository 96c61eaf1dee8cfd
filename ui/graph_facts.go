package ui

import (
	"cmp"
	"strconv"
	"sync"
	"time"

	"rivers.io/runtime/store"
	"rivers.io/ui/format"
	"rivers.io/ui/health"
)

// nodeFacts is what the sidebar of the lineage says about an asset.
type nodeFacts struct {
	name    string
	status  status
	verdict health.Verdict
	busy    *store.Run
	// parts is nil for an asset without partitions.
	parts *partSummary
}

// graphFacts answers the facts of one asset, as a page of its own or, for the
// sidebar, as its part.
func (c *call) graphFacts() error {
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	name := c.query("asset")
	if _, ok := cat.get(name); !ok {
		return c.unknownAsset(cat, name)
	}
	act, err := c.activity(cat)
	if err != nil {
		return err
	}
	f := nodeFacts{name: name, verdict: act.verdicts[name], busy: act.busy[name]}
	f.status = assetStatus(f.verdict, f.busy)
	if space := cat.space(name); space != nil {
		parts, _, err := c.partitions(name, space)
		if err != nil {
			return err
		}
		f.parts = &parts
	}
	return c.page(name, graphFactsView(c, f))
}

// notes are the counts that partitioned nodes show, such as "31/90", by position
// among the declared assets.
type notes map[int]string

// maxNoted bounds the partitioned assets of a location whose counts are shown:
// each costs a read.
const maxNoted = 200

// notesAge is how old the counts may be while runs change them all the time.
const notesAge = 3 * time.Second

// noteCache keeps the newest notes of each location.
type noteCache struct {
	mu sync.Mutex
	by map[string]keptNotes
}

// keptNotes are notes with what they were made from.
type keptNotes struct {
	notes   notes
	cat     *catalog
	version uint64
	at      time.Time
}

// fresh reports whether the notes still say what is stored, or did a moment ago.
func (k keptNotes) fresh(cat *catalog, version uint64, watched bool, now time.Time) bool {
	if k.cat != cat {
		return false
	}
	return (watched && k.version == version) || (now.Sub(k.at) < notesAge && !now.Before(k.at))
}

// graphNotes counts the materialized keys of the partitioned assets; there are
// none where there are too many such assets.
func (c *call) graphNotes(cat *catalog) (notes, error) {
	version, watched := c.hub.Version(c.state.ID())
	c.noted.mu.Lock()
	defer c.noted.mu.Unlock() // one counts, the others wait for it
	if kept := c.noted.by[c.state.ID()]; kept.fresh(cat, version, watched, c.now) {
		return kept.notes, nil
	}
	out, err := c.countNotes(cat)
	if err != nil {
		return nil, err
	}
	if c.noted.by == nil {
		c.noted.by = map[string]keptNotes{}
	}
	c.noted.by[c.state.ID()] = keptNotes{out, cat, version, c.now}
	return out, nil
}

func (c *call) countNotes(cat *catalog) (notes, error) {
	partitioned := 0
	for _, d := range cat.defs {
		if d.Partitions != nil {
			partitioned++
		}
	}
	if partitioned > maxNoted {
		return nil, nil
	}
	out := notes{}
	for i, d := range cat.defs {
		space := cat.space(d.Name)
		if space == nil {
			continue
		}
		parts, _, err := c.partitions(d.Name, space)
		if err != nil {
			return nil, err
		}
		out[i] = strconv.FormatUint(parts.Materialized, 10) + "/" + strconv.FormatUint(parts.Total, 10)
	}
	return out, nil
}

// failureWords say which key failed last.
func (f nodeFacts) failureWords() string {
	return cmp.Or(string(f.verdict.FailedKey), "it") + " failed"
}

// keyWords count the keys that are not well.
func (f nodeFacts) keyWords() string {
	text := format.Count(f.parts.Materialized) + " of " + format.Count(f.parts.Total) + " materialized"
	if f.parts.Failed > 0 {
		text += ", " + format.Count(f.parts.Failed) + " failed"
	}
	return text
}
