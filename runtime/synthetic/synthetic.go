// Package synthetic makes the shapes of pipelines of any size that look like real
// ones: for benchmarks, and for seeing what pages and commands are like at size.
// Equal sizes give equal shapes, on every machine and in every version of Go.
//
// A shape says which assets there are and what they are made from, and nothing of
// their functions. The package is pure: it must never import anything else of ours,
// so that a generated pipeline and the tests of the pages can both use it.
package synthetic

import (
	"fmt"
	"math/rand/v2"
)

// The sizes that Shape makes, in assets.
const (
	MinAssets = 1
	MaxAssets = 50_000
)

// FirstDay and LastDay are the first and last key of an asset that is Daily.
const (
	FirstDay = "2024-01-01"
	LastDay  = "2024-12-31"
)

// Asset is one asset of a shape.
type Asset struct {
	// Name is unique in its shape and begins with the group's.
	Name string
	// Group is the name of the asset's group.
	Group string
	// Kinds are what the asset is made with or of; they must not be changed.
	Kinds []string
	// Daily says that the asset has a key for each day from FirstDay to LastDay.
	Daily bool
	// Inputs are what the asset is made from, each another one.
	Inputs []Input
}

// Input is an edge of a shape.
type Input struct {
	// From is the position of the upstream, which is always smaller than that of
	// the asset itself.
	From int
	// Lineage says that no value is loaded: the edge only orders.
	Lineage bool
}

// stages are the usual steps of a pipeline, with the kinds of their assets.
var stages = []struct {
	name  string
	kinds []string
	// share is the part of a domain's assets that the stage has.
	share float64
}{
	{"raw", []string{"s3", "json"}, 0.22},
	{"clean", []string{"go"}, 0.22},
	{"joined", []string{"go", "parquet"}, 0.18},
	{"daily", []string{"go", "sql"}, 0.16},
	{"features", []string{"parquet"}, 0.10},
	{"report", []string{"table"}, 0.08},
	{"export", []string{"s3"}, 0.04},
}

var domains = []string{
	"orders", "payments", "shipping", "inventory", "marketing", "finance", "support", "web", "mobile", "catalog",
	"pricing", "fraud", "search", "weather", "aviation", "ledger", "people", "fleet", "energy", "sensors",
}

// Shape returns n assets, upstreams first, in groups of about 60: most of them made
// from a few assets of the stages before them in their own group, some from others.
// An n below MinAssets gives none; that it is at most MaxAssets is the caller's to
// see to.
func Shape(n int) []Asset {
	if n < MinAssets {
		return nil
	}
	random := rand.New(rand.NewPCG(uint64(n), 1))
	m := &maker{random: random, all: make([]Asset, 0, n)}
	groups := max(1, n/60)
	for g := range groups {
		size := (n*(g+1))/groups - (n*g)/groups
		m.group(fmt.Sprintf("%s_%03d", domains[g%len(domains)], g), size)
	}
	return m.all
}

type maker struct {
	random *rand.Rand
	all    []Asset
	// stages holds the positions of all assets made so far, by stage.
	stages [7][]int
}

func (m *maker) group(name string, size int) {
	var own [7][]int
	for i := range size {
		stage := stageAt(float64(i) / float64(size))
		a := Asset{
			Name:  fmt.Sprintf("%s.%s_%02d", name, stages[stage].name, i),
			Group: name,
			Kinds: stages[stage].kinds,
			Daily: m.random.IntN(3) == 0,
		}
		a.Inputs = m.inputs(stage, own)
		own[stage] = append(own[stage], len(m.all))
		m.all = append(m.all, a)
	}
	for s := range own {
		m.stages[s] = append(m.stages[s], own[s]...)
	}
}

// stageAt returns the stage of the asset that far into its group, from 0 to 1.
func stageAt(at float64) int {
	for s, stage := range stages {
		if at -= stage.share; at < 0 {
			return s
		}
	}
	return len(stages) - 1
}

func (m *maker) inputs(stage int, own [7][]int) []Input {
	if stage == 0 {
		return nil
	}
	count := 1 + m.random.IntN(3)
	taken := make(map[int]bool)
	var inputs []Input
	for range count {
		from := stage - 1
		if m.random.IntN(6) == 0 {
			from = m.random.IntN(stage)
		}
		pool := own[from]
		if m.random.IntN(12) == 0 || len(pool) == 0 {
			pool = m.stages[from]
		}
		if len(pool) == 0 {
			continue
		}
		up := pool[m.random.IntN(len(pool))]
		if taken[up] {
			continue
		}
		taken[up] = true
		inputs = append(inputs, Input{From: up, Lineage: m.random.IntN(10) == 0})
	}
	return inputs
}
