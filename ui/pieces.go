package ui

import (
	"strconv"
	"strings"

	"rivers.io/ui/format"
)

// tab is one entry of a row of tabs.
type tab struct {
	Title, Path, Count string
	Open               bool
}

// pages leads through a list; empty addresses are ends.
type pages struct{ Prev, Next, Words string }

// share is one part of a meter.
type share struct {
	Key  string
	X, W string
}

// part is a named amount.
type part struct {
	Key string
	N   uint64
}

// The bar of a meter, and the least that a part of it is drawn with.
const (
	barUnits = 1000
	barLeast = 5
)

// shares lays parts out on a bar of 1000 units. Whatever is there is seen: thin
// parts are widened at the cost of the widest one.
func shares(total uint64, parts ...part) []share {
	if total == 0 {
		return nil
	}
	widths := make([]float64, len(parts))
	widest, added := 0, 0.0
	for i, p := range parts {
		if p.N == 0 {
			continue
		}
		exact := float64(p.N) * barUnits / float64(total)
		widths[i] = max(exact, barLeast)
		added += widths[i] - exact
		if widths[i] > widths[widest] {
			widest = i
		}
	}
	widths[widest] = max(widths[widest]-added, 0)
	var out []share
	x := 0.0
	for i, p := range parts {
		if p.N > 0 {
			out = append(out, share{p.Key, strconv.FormatFloat(x, 'f', 1, 64), strconv.FormatFloat(widths[i], 'f', 1, 64)})
			x += widths[i]
		}
	}
	return out
}

func (f frame) titleWords() string {
	words := []string{f.Title}
	if f.here.Name != "" && f.Title != f.here.Name {
		words = append(words, f.here.Name)
	}
	return strings.Join(append(words, "rivers"), " · ")
}

// base is the beginning of the location's pages, or nothing outside of one.
func (l Location) base() string {
	if l.Name == "" {
		return ""
	}
	return l.Path()
}

// id is what the event stream calls the location.
func (l Location) id() string {
	if l.Name == "" {
		return ""
	}
	return l.Namespace + "/" + l.Name
}

// phaseStatus is the phase as people see it.
func phaseStatus(l Location) status {
	why := l.Message
	switch l.Phase {
	case PhaseReady:
		if l.Stale {
			return status{"stale", "ready, last heard of earlier", why}
		}
		return status{"materialized", "ready", why}
	case PhaseBuilding, PhaseDeploying, PhaseRestarting:
		return status{"running", strings.ToLower(string(l.Phase)), why}
	case PhaseFailed:
		return status{"failed", "failed", why}
	case PhaseDegraded:
		return status{"stale", "degraded", why}
	}
	return status{"queued", "pending", why}
}

// downWords says in a sentence why a location does not serve.
func downWords(l Location) string {
	switch {
	case l.Message != "":
		return sentence(l.Message)
	case l.Phase == PhaseBuilding:
		return "It is being built."
	case l.Phase == PhaseDeploying:
		return "It is being started."
	case l.Phase == PhaseRestarting:
		return "It ended by itself and is started again."
	case l.Phase == PhaseFailed:
		return "It failed to start."
	case l.Up():
		return "It answers at " + l.Endpoint + "."
	}
	return "Its phase is " + string(l.Phase) + "."
}

// sentence writes what a program said with a capital and a stop.
func sentence(said string) string {
	if said = capital(said); strings.HasSuffix(said, ".") {
		return said
	}
	return said + "."
}

func (c *call) runPath(id string, pairs ...string) string {
	return c.path("/runs/"+escape(id), pairs...)
}

func (c *call) assetPath(name string, pairs ...string) string {
	return c.path("/assets/"+escape(name), pairs...)
}

// missingWords lead to the keys that nothing made yet.
func missingWords(n uint64) string { return format.Count(n) + " missing" }

// rangeWords says which rows of a list are shown: "51–100 of 240".
func rangeWords(from, to, total uint64) string {
	if total == 0 {
		return "none"
	}
	return format.Count(from) + "–" + format.Count(to) + " of " + format.Count(total)
}
