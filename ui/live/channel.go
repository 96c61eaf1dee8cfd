package live

import (
	"encoding/json"
	"slices"
	"strings"

	"rivers.io/runtime/store"
)

// Channel names a kind of change that a page can listen to.
type Channel string

// The channels.
const (
	// Runs: a run was created, deleted, or changed its status or counts.
	Runs Channel = "runs"
	// Assets: an asset was materialized, observed or failed.
	Assets Channel = "assets"
	// Events: a run has new events or log lines.
	Events Channel = "events"
	// Lineage: the definitions changed, or the state of an asset or partition.
	Lineage Channel = "lineage"
	// Location: the location's phase, image or build changed.
	Location Channel = "location"
)

var channels = []Channel{Runs, Assets, Events, Lineage, Location}

// maxIDs is how many ids an event names; beyond, it says all.
const maxIDs = 100

// Parse reads a comma-separated list of channels. Unknown names are left out;
// nil means that none was known.
func Parse(list string) []Channel {
	var out []Channel
	for _, name := range strings.Split(list, ",") {
		c := Channel(strings.TrimSpace(name))
		if slices.Contains(channels, c) && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// Change is the set of ids of one channel that changed.
type Change struct {
	all bool
	ids map[string]struct{}
}

// add merges ids; no id at all means everything.
func (c *Change) add(ids ...string) {
	if c.all {
		return
	}
	if len(ids) == 0 || len(c.ids)+len(ids) > 4*maxIDs {
		c.all, c.ids = true, nil
		return
	}
	if c.ids == nil {
		c.ids = make(map[string]struct{}, len(ids))
	}
	for _, id := range ids {
		c.ids[id] = struct{}{}
	}
	if len(c.ids) > maxIDs {
		c.all, c.ids = true, nil
	}
}

// payload is the JSON of an event: the ids, or all.
func (c *Change) payload(location string) []byte {
	p := struct {
		Location string   `json:"location"`
		IDs      []string `json:"ids,omitempty"`
		All      bool     `json:"all,omitempty"`
	}{Location: location, All: c.all}
	for id := range c.ids {
		p.IDs = append(p.IDs, id)
	}
	slices.Sort(p.IDs)
	raw, err := json.Marshal(p)
	if err != nil { // strings and a bool always encode
		panic(err)
	}
	return raw
}

// note is what one hint means for one channel; no ids mean everything.
type note struct {
	channel Channel
	ids     []string
}

// notes translates a hint.
func notes(h store.Hint) []note {
	var out []note
	if h.Deleted {
		out = append(out, note{Runs, []string{h.Stream}}, note{Events, []string{h.Stream}})
	}
	for _, kind := range h.Kinds {
		switch kind {
		case store.HintRun:
			out = append(out, note{Runs, []string{h.Stream}})
		case store.HintEvents, store.HintLogs:
			out = append(out, note{Events, []string{h.Stream}})
		case store.HintAsset:
			out = append(out, note{Assets, h.Assets}, note{Lineage, h.Assets})
		case store.HintCatalogue:
			out = append(out, note{Assets, nil}, note{Lineage, nil}, note{Location, nil})
		}
	}
	return out
}
