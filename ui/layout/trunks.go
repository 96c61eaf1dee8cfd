package layout

import (
	"cmp"
	"slices"
)

// maxSlots bounds the slots of one component: the longest trunks beyond it are
// left out and their edges run straight.
const maxSlots = 400_000

// route is a trunk before it has heights: length slots in the columns after
// from, for edges inside of block, or for all others when block is NoGroup.
type route struct {
	from, length int32
	block        int32
}

// routes finds the trunks that the edges need, ordered by origin, inner first,
// and for each edge the trunk it uses (-1 for none).
func routes(edges []Edge, layer, blocks []int32) ([]route, []int32) {
	type key struct {
		from  int32
		outer bool
	}
	length := make(map[key]int32)
	keyOf := func(e Edge) key {
		return key{e.From, blocks[e.From] < 0 || blocks[e.From] != blocks[e.To]}
	}
	for _, e := range edges {
		if n := layer[e.To] - layer[e.From] - 1; n > 0 {
			k := keyOf(e)
			length[k] = max(length[k], n)
		}
	}
	keys := make([]key, 0, len(length))
	for k := range length {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(length[a], length[b]), cmp.Compare(a.from, b.from), compareBool(a.outer, b.outer))
	})
	slots := int32(0)
	for i, k := range keys {
		if slots += length[k]; slots > maxSlots {
			keys = keys[:i]
			break
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.from, b.from), compareBool(a.outer, b.outer))
	})
	found := make([]route, len(keys))
	index := make(map[key]int32, len(keys))
	for i, k := range keys {
		found[i] = route{from: k.from, length: length[k], block: NoGroup}
		if !k.outer {
			found[i].block = blocks[k.from]
		}
		index[k] = int32(i)
	}
	used := make([]int32, len(edges))
	for i, e := range edges {
		used[i] = -1
		if layer[e.To]-layer[e.From] > 1 {
			if at, ok := index[keyOf(e)]; ok {
				used[i] = at
			}
		}
	}
	return found, used
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
