package asset

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"rivers.io/runtime/internal/suggest"
)

// The limits of selections.
const (
	// MaxSelectionLen is the longest selection, in bytes.
	MaxSelectionLen = 1 << 20
	// MaxTerms is the most parts of one selection that are more than the exact
	// name of an asset.
	MaxTerms = 200
)

// SelectionError tells why a selection selects nothing or cannot be read.
type SelectionError struct {
	// Term is the part of the selection that is wrong.
	Term string
	// Problem says what is wrong with it.
	Problem string
	// Near are names that may have been meant.
	Near []string
}

// Error names the term, the problem and what may have been meant.
func (e *SelectionError) Error() string {
	return fmt.Sprintf("selection %q: %s%s", clip(e.Term), e.Problem, suggest.Hint(e.Near))
}

func fail(term, format string, args ...any) *SelectionError {
	return &SelectionError{Term: term, Problem: fmt.Sprintf(format, args...)}
}

// Select returns the assets that a selection names, in plan order. The language
// is that of dbt:
//
//	flights             the asset
//	fct_*               every asset whose name matches; ? stands for one byte
//	+report             the asset and all it depends on
//	flights+            the asset and all that depends on it
//	2+report, flights+3 the same over at most so many edges
//	group:ingest        the assets of a group; also kind:, tag:, owner:, name:
//	+group:marts        methods and globs take plus signs too
//	a b                 union
//	group:x,tag:y       intersection
//	+report not:tag:slow  everything before, except what a not: term names
//	group:x,not:tag:y   inside an intersection, not: is the complement
//
// Empty text selects all assets, and so does a selection of not: terms alone
// before it excludes. Names cannot hold a colon, nor shells treat it specially,
// so not: clashes with neither. A value with white space or a comma is matched
// by ? in its place.
//
// A part that names nothing, or a selection that is empty in the end, is a
// *SelectionError.
func (g *Graph) Select(text string) ([]int, error) { return g.SelectExcept(text, "") }

// SelectArgs selects the union of several selections, as a command line gives
// them; blank ones are ignored, none at all selects all assets.
func (g *Graph) SelectArgs(args []string) ([]int, error) {
	return g.Select(strings.Join(args, " "))
}

// SelectExcept selects what include selects and exclude does not; an empty
// exclude excludes nothing.
func (g *Graph) SelectExcept(include, exclude string) ([]int, error) {
	chosen, err := g.evaluate(include)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(exclude) != "" {
		without, err := g.evaluate(exclude)
		if err != nil {
			return nil, err
		}
		chosen.remove(without)
	}
	out := make([]int, 0, chosen.count())
	for _, i := range g.order {
		if chosen[i] {
			out = append(out, i)
		}
	}
	if len(out) == 0 && len(g.defs) > 0 {
		return nil, fail(strings.TrimSpace(include+" "+exclude), "it selects no asset")
	}
	return out, nil
}

// members marks assets by index.
type members []bool

func (m members) add(other members) {
	for i, in := range other {
		m[i] = m[i] || in
	}
}

func (m members) remove(other members) {
	for i, in := range other {
		m[i] = m[i] && !in
	}
}

func (m members) keep(other members) {
	for i, in := range other {
		m[i] = m[i] && in
	}
}

func (m members) invert() {
	for i := range m {
		m[i] = !m[i]
	}
}

func (m members) count() int {
	n := 0
	for _, in := range m {
		if in {
			n++
		}
	}
	return n
}

// evaluate unites the terms of a selection and takes away what its not: terms
// name.
func (g *Graph) evaluate(text string) (members, error) {
	if len(text) > MaxSelectionLen {
		return nil, fail(text, "it has %d bytes; the limit is %d", len(text), MaxSelectionLen)
	}
	chosen, without := make(members, len(g.defs)), make(members, len(g.defs))
	included, costly := false, 0
	for term := range strings.FieldsSeq(text) {
		if i, ok := g.index[term]; ok {
			chosen[i], included = true, true
			continue
		}
		if costly += 1 + strings.Count(term, ","); costly > MaxTerms {
			return nil, fail(term, "the selection has more than %d terms", MaxTerms)
		}
		found, excludes, err := g.term(term)
		switch {
		case err != nil:
			return nil, err
		case excludes:
			without.add(found)
		default:
			chosen.add(found)
			included = true
		}
	}
	if !included {
		chosen.invert()
	}
	chosen.remove(without)
	return chosen, nil
}

// term intersects the parts of one term. A term that is a single not: part
// returns what it names, and true.
func (g *Graph) term(text string) (found members, excludes bool, err error) {
	parts := strings.Split(text, ",")
	for _, partText := range parts {
		p, err := parsePart(partText)
		if err != nil {
			return nil, false, err
		}
		named, err := g.named(p)
		if err != nil {
			return nil, false, err
		}
		if len(parts) == 1 {
			return named, p.not, nil
		}
		if p.not {
			named.invert()
		}
		if found == nil {
			found = named
		} else {
			found.keep(named)
		}
	}
	return found, false, nil
}

// named returns what one part names, plus signs included.
func (g *Graph) named(p part) (members, error) {
	found := make(members, len(g.defs))
	var seeds []int
	if i, ok := g.index[p.value]; ok && p.method == byName {
		seeds = append(seeds, i)
	} else {
		for i := range g.defs {
			if p.method != byName || isGlob(p.value) {
				if slices.ContainsFunc(g.values(i, p.method), func(v string) bool { return v != "" && matches(p.value, v) }) {
					seeds = append(seeds, i)
				}
			}
		}
	}
	if len(seeds) == 0 {
		return nil, g.nothing(p)
	}
	for _, i := range seeds {
		found[i] = true
	}
	g.spread(found, seeds, p.up, g.up)
	g.spread(found, seeds, p.down, g.down)
	return found, nil
}

// values returns what a method compares of one asset.
func (g *Graph) values(i int, method string) []string {
	def := &g.defs[i]
	switch method {
	case byGroup:
		return []string{def.Group}
	case byKind:
		return def.Kinds
	case byTag:
		return def.Tags
	case byOwner:
		return def.owners()
	}
	return []string{def.Name}
}

// owners returns the declared owners and the metadata entry owner (D-11).
func (d *Definition) owners() []string {
	if owner := d.Metadata["owner"]; owner != "" {
		return append(slices.Clone(d.Owners), owner)
	}
	return d.Owners
}

// spread marks what is reached from the seeds over at most depth edges. It
// keeps marks of its own, since what another direction found is no seed.
func (g *Graph) spread(found members, seeds []int, depth int, along edges) {
	if depth == 0 {
		return
	}
	seen := make(members, len(found))
	for _, i := range seeds {
		seen[i] = true
	}
	for level := seeds; len(level) > 0 && depth != 0; depth-- {
		var next []int
		for _, from := range level {
			for _, e := range along.of(from) {
				if !seen[e.Asset] {
					seen[e.Asset] = true
					next = append(next, e.Asset)
				}
			}
		}
		level = next
	}
	found.add(seen)
}

// nothing explains a part that names no asset.
func (g *Graph) nothing(p part) error {
	what := "asset has the " + p.method + " " + fmt.Sprintf("%q", clip(p.value))
	if p.method == byName {
		what = "asset is named " + fmt.Sprintf("%q", clip(p.value))
	}
	if isGlob(p.value) {
		return fail(p.text, "no %s matches %q", p.method, clip(p.value))
	}
	err := fail(p.text, "no %s", what)
	err.Near = suggest.Near(p.value, 3, g.known(p.method))
	return err
}

// known yields the distinct values of a method, in a fixed order.
func (g *Graph) known(method string) iter.Seq[string] {
	if method == byName {
		return g.names()
	}
	distinct := make(map[string]bool)
	for i := range g.defs {
		for _, v := range g.values(i, method) {
			distinct[v] = true
		}
	}
	return slices.Values(slices.Sorted(maps.Keys(distinct)))
}
