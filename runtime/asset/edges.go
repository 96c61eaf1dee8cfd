package asset

import (
	"crypto/sha256"

	"rivers.io/runtime/internal/suggest"
	"rivers.io/runtime/partition"
)

// resolveSpaces makes the key space of each partitioned asset, one for each
// distinct definition. It returns the assets whose partitions are invalid.
func (g *Graph) resolveSpaces(r *reporter) map[int]bool {
	type made struct {
		space partition.Space
		err   error
	}
	g.spaces = make([]partition.Space, len(g.defs))
	byPointer := make(map[*partition.Definition]made)
	byContent := make(map[[sha256.Size]byte]made)
	var invalid map[int]bool
	for i := range g.defs {
		def := g.defs[i].Partitions
		if def == nil {
			continue
		}
		m, ok := byPointer[def]
		if !ok {
			key := partitionsDigest(def)
			if m, ok = byContent[key]; !ok {
				m.space, m.err = partition.New(*def)
				byContent[key] = m
			}
			byPointer[def] = m
		}
		if m.err != nil {
			r.addAll(&g.defs[i], "partitions: ", m.err)
			if invalid == nil {
				invalid = make(map[int]bool)
			}
			invalid[i] = true
			continue
		}
		g.spaces[i] = m.space
	}
	return invalid
}

// maxHints bounds how many unknown names of one Resolve get a suggestion, each
// of which looks at every name.
const maxHints = 20

// resolver checks inputs. Answers about pairs of spaces are remembered, since
// many edges join the same two.
type resolver struct {
	*reporter
	g       *Graph
	invalid map[int]bool
	legal   map[edgeRule]error
	hints   int
	// upstreams is the answer of inputs, used again for the next asset.
	upstreams []int
}

type edgeRule struct {
	down, up partition.Space
	mapping  partition.Mapping
	optional bool
}

// resolveEdges checks all inputs and links the assets in both directions.
func (g *Graph) resolveEdges(r *reporter, invalid map[int]bool) {
	v := &resolver{reporter: r, g: g, invalid: invalid, legal: make(map[edgeRule]error)}
	total := 0
	for i := range g.defs {
		total += len(g.defs[i].Inputs)
	}
	n := len(g.defs)
	g.up = edges{first: make([]int32, n+1), list: make([]Edge, 0, total)}
	counts := make([]int32, n+1)
	for i := range g.defs {
		for input, upstream := range v.inputs(i) {
			if upstream >= 0 {
				g.up.list = append(g.up.list, Edge{Asset: upstream, Input: input})
				counts[upstream+1]++
			}
		}
		g.up.first[i+1] = int32(len(g.up.list))
	}
	for i := range n {
		counts[i+1] += counts[i]
	}
	g.down = edges{first: counts, list: make([]Edge, len(g.up.list))}
	next := append([]int32(nil), counts...)
	for i := range n {
		for _, e := range g.up.of(i) {
			g.down.list[next[e.Asset]] = Edge{Asset: i, Input: e.Input}
			next[e.Asset]++
		}
	}
}

// inputs checks the inputs of one asset and returns the index of the upstream
// of each, or -1. The slice is valid until the next call.
func (v *resolver) inputs(i int) []int {
	def := &v.g.defs[i]
	if n := len(def.Inputs); n > MaxInputs {
		v.add(def, "%d inputs; the limit is %d", n, MaxInputs)
		return nil
	}
	if len(def.Inputs) == 0 {
		return nil
	}
	upstreams := v.upstreams[:0]
	for at := range def.Inputs {
		in := &def.Inputs[at]
		upstreams = append(upstreams, -1)
		if in.Kind != Data && in.Kind != Lineage {
			v.add(def, "input %q has the unknown kind %q; known are %s and %s", clip(in.Asset), clip(string(in.Kind)), Data, Lineage)
		}
		upstream, ok := v.g.index[in.Asset]
		if !ok {
			v.unknown(def, in.Asset)
			continue
		}
		upstreams[at] = upstream
		v.edge(i, at, upstream)
	}
	v.conflicts(def)
	v.upstreams = upstreams
	return upstreams
}

func (v *resolver) unknown(def *Definition, name string) {
	hint := ""
	if v.hints++; v.hints <= maxHints {
		hint = suggest.Hint(suggest.Near(name, 3, v.g.names()))
	}
	v.add(def, "unknown upstream %q%s", clip(name), hint)
}

// edge checks the mapping of one input (D-96 to D-101).
func (v *resolver) edge(i, at, upstream int) {
	if v.invalid[i] || v.invalid[upstream] {
		return // reported already
	}
	def := &v.g.defs[i]
	in := &def.Inputs[at]
	rule := edgeRule{v.g.spaces[i], v.g.spaces[upstream], in.Mapping, in.Optional}
	err, known := v.legal[rule]
	if !known {
		if in.Optional {
			err = in.Mapping.ValidateOptional(rule.down, rule.up)
		} else {
			err = in.Mapping.Validate(rule.down, rule.up)
		}
		v.legal[rule] = err
	}
	if err != nil {
		v.add(def, "input %q: %v", in.Asset, err)
		return
	}
	if in.Complete && in.Mapping.Default(rule.down, rule.up).Kind != partition.All {
		v.add(def, "input %q: complete needs the mapping %s", in.Asset, partition.All)
	}
}

// conflicts reports an upstream that is taken twice in the same way but with
// other options (D-56). Different mappings of one upstream, such as today's and
// yesterday's key, are two inputs and no conflict.
func (v *resolver) conflicts(def *Definition) {
	same := func(a, b *Input) bool { return a.Asset == b.Asset && a.Kind == b.Kind && a.Mapping == b.Mapping }
	if len(def.Inputs) <= fewInputs {
		for i := range def.Inputs {
			for j := range i {
				if a, b := &def.Inputs[i], &def.Inputs[j]; same(a, b) && *a != *b {
					v.conflict(def, a)
				}
			}
		}
		return
	}
	first := make(map[Input]*Input, len(def.Inputs))
	for i := range def.Inputs {
		in := &def.Inputs[i]
		way := Input{Asset: in.Asset, Kind: in.Kind, Mapping: in.Mapping}
		if other, taken := first[way]; !taken {
			first[way] = in
		} else if *other != *in {
			v.conflict(def, in)
		}
	}
}

// fewInputs is the number of inputs up to which pairs are compared directly.
const fewInputs = 8

func (v *resolver) conflict(def *Definition, in *Input) {
	v.add(def, "input %q is declared twice with conflicting options", clip(in.Asset))
}
