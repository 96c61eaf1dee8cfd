package layout

import (
	"math"
	"slices"
)

// gridAspect is the number of columns squared per node that makes a grid of
// unconnected nodes about one and a half times as wide as high.
const gridAspect = 0.36

// layers gives every node of an acyclic graph the length of the longest path
// that leads to it, and then spreads the nodes without edges over the columns
// of their block.
func layers(n int, edges []Edge, blocks []int32) []int32 {
	layer := make([]int32, n)
	degree := make([]int32, n)
	linked := make([]bool, n)
	for _, e := range edges {
		degree[e.To]++
		linked[e.From], linked[e.To] = true, true
	}
	out := newCSR(n, edges)
	queue := make([]int32, 0, n)
	for v := range int32(n) {
		if degree[v] == 0 {
			queue = append(queue, v)
		}
	}
	for i := 0; i < len(queue); i++ {
		v := queue[i]
		for _, w := range out.of(v) {
			layer[w] = max(layer[w], layer[v]+1)
			if degree[w]--; degree[w] == 0 {
				queue = append(queue, w)
			}
		}
	}
	spread(layer, linked, blocks)
	return layer
}

// spread moves the nodes without edges into the emptiest columns of their block,
// so that they form a grid instead of one endless column.
func spread(layer []int32, linked []bool, blocks []int32) {
	members := make(map[int32][]int32)
	var order []int32
	for v, b := range blocks {
		if linked[v] || b < 0 {
			continue
		}
		if members[b] == nil {
			order = append(order, b)
		}
		members[b] = append(members[b], int32(v))
	}
	if len(order) == 0 {
		return
	}
	load := make(map[int32][]int32)
	for v, b := range blocks {
		if linked[v] && members[b] != nil {
			load[b] = count(load[b], layer[v])
		}
	}
	for _, b := range order {
		fill(layer, members[b], load[b])
	}
}

func count(load []int32, at int32) []int32 {
	for int32(len(load)) <= at {
		load = append(load, 0)
	}
	load[at]++
	return load
}

// fill places nodes row by row into the columns from the first that is in use.
func fill(layer, nodes, load []int32) {
	first := 0
	for first < len(load) && load[first] == 0 {
		first++
	}
	if first == len(load) {
		first = 0
	}
	width := int(math.Ceil(math.Sqrt(float64(len(nodes)) * gridAspect)))
	for len(load) < first+width {
		load = append(load, 0)
	}
	load = load[first:]
	for row := slices.Min(load); ; row++ {
		for column := range load {
			if load[column] > row {
				continue
			}
			if len(nodes) == 0 {
				return
			}
			load[column]++
			layer[nodes[0]] = int32(first + column)
			nodes = nodes[1:]
		}
	}
}
