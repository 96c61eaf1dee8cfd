package partitions

import (
	"fmt"
	"time"

	"rivers.io/runtime/partition"
)

// MaxCells is the largest number of cells of one answer.
const MaxCells = 4000

// Input is what is known about the partitions of an asset.
type Input struct {
	Space partition.Space
	// Now says how far an open space reaches.
	Now time.Time
	// The states, as ordinals of Space. A key in several of them counts as
	// running first, then as failed.
	Materialized, Failed, Running partition.Set
}

// Unit is what one cell stands for.
type Unit string

// The units. A block is a fixed number of keys.
const (
	Key   Unit = "key"
	Day   Unit = "day"
	Month Unit = "month"
	Year  Unit = "year"
	Block Unit = "block"
)

// Counts are the numbers of keys in each state; what is left is missing.
type Counts struct {
	Materialized uint64 `json:"materialized"`
	Failed       uint64 `json:"failed"`
	Running      uint64 `json:"running"`
}

// Map is a part of the partitions as the browser gets it.
type Map struct {
	Kind partition.Kind `json:"kind"`
	Unit Unit           `json:"unit"`
	// Total is the number of all keys, and Counts their states.
	Total  uint64 `json:"total"`
	Counts Counts `json:"counts"`
	// From and To are the ordinals of what the answer covers.
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
	// First is the start of the window of ordinal 0 as wall-clock time, such as
	// "2001-01-01T00:00"; empty when keys are no regular grid of time.
	First string `json:"first,omitempty"`

	// Letters has one letter for each key when Unit is Key: m, f, r or - for
	// missing. Keys are their names when First is empty.
	Letters string          `json:"letters,omitempty"`
	Keys    []partition.Key `json:"keys,omitempty"`

	// Of each tile otherwise: its number of keys and their states, and its first
	// and last key when First is empty.
	Sizes        []uint64        `json:"sizes,omitempty"`
	Materialized []uint64        `json:"m,omitempty"`
	Failed       []uint64        `json:"f,omitempty"`
	Running      []uint64        `json:"r,omitempty"`
	FirstKeys    []partition.Key `json:"firstKeys,omitempty"`
	LastKeys     []partition.Key `json:"lastKeys,omitempty"`
}

// Draw returns the map of the keys with ordinals from <= o < to; a to of 0 means
// all. A range outside of the space is an error that names it.
func Draw(in Input, from, to uint64) (Map, error) {
	total := in.Space.Count(in.Now)
	if to == 0 {
		to = total
	}
	if from > to || to > total {
		return Map{}, fmt.Errorf("keys %d to %d are not all among the %d keys of the asset", from, to, total)
	}
	d := newDrawer(in, total)
	m := Map{Kind: in.Space.Definition().Kind, Total: total, From: from, To: to, First: d.grid.name()}
	m.Counts = d.counts(0, total)
	if to-from <= MaxCells {
		m.Unit = Key
		d.setKeys(&m)
	} else {
		d.setTiles(&m)
	}
	return m, nil
}

// drawer holds the states made disjoint and the grid of the space.
type drawer struct {
	in                            Input
	materialized, failed, running partition.Set
	grid                          grid
}

func newDrawer(in Input, total uint64) drawer {
	return drawer{
		in: in, running: in.Running, failed: in.Failed.AndNot(in.Running),
		materialized: in.Materialized.AndNot(in.Failed.Or(in.Running)), grid: gridOf(in, total),
	}
}

func (d drawer) counts(from, to uint64) Counts {
	return d.until(to).minus(d.until(from))
}

// until counts the states of the keys below an ordinal.
func (d drawer) until(o uint64) Counts {
	return Counts{d.materialized.Rank(o), d.failed.Rank(o), d.running.Rank(o)}
}

func (c Counts) minus(o Counts) Counts {
	return Counts{c.Materialized - o.Materialized, c.Failed - o.Failed, c.Running - o.Running}
}

func (d drawer) setKeys(m *Map) {
	letters := make([]byte, 0, m.To-m.From)
	for o := m.From; o < m.To; o++ {
		letter := byte('-')
		switch {
		case d.running.Contains(o):
			letter = 'r'
		case d.failed.Contains(o):
			letter = 'f'
		case d.materialized.Contains(o):
			letter = 'm'
		}
		letters = append(letters, letter)
		if m.First == "" {
			key, _ := d.in.Space.Key(o, d.in.Now) // o lies in the space
			m.Keys = append(m.Keys, key)
		}
	}
	m.Letters = string(letters)
}

func (d drawer) setTiles(m *Map) {
	var edges []uint64
	m.Unit, edges = d.grid.tiles(m.From, m.To)
	before := d.until(edges[0])
	for i, edge := range edges[1:] {
		upTo := d.until(edge)
		c := upTo.minus(before)
		before = upTo
		m.Sizes = append(m.Sizes, edge-edges[i])
		m.Materialized = append(m.Materialized, c.Materialized)
		m.Failed = append(m.Failed, c.Failed)
		m.Running = append(m.Running, c.Running)
		if m.First == "" {
			first, _ := d.in.Space.Key(edges[i], d.in.Now) // edges lie in the space
			last, _ := d.in.Space.Key(edge-1, d.in.Now)
			m.FirstKeys, m.LastKeys = append(m.FirstKeys, first), append(m.LastKeys, last)
		}
	}
}
