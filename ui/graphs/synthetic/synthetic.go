// Package synthetic makes lineage graphs of any size that look like those of
// real pipelines, for benchmarks and for looking at drawings. Equal arguments
// give equal graphs. It must never be imported by code that serves pages.
package synthetic

import (
	"fmt"
	"math/rand/v2"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
)

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

// Definitions returns n assets in groups of about 60, most of them made from a
// few assets of the stages before them in their own group, some from others.
func Definitions(n int) []asset.Definition {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	m := &maker{random: random, all: make([]asset.Definition, 0, n)}
	groups := max(1, n/60)
	for g := range groups {
		size := (n*(g+1))/groups - (n*g)/groups
		m.group(fmt.Sprintf("%s_%03d", domains[g%len(domains)], g), size)
	}
	return m.all
}

type maker struct {
	random *rand.Rand
	all    []asset.Definition
	// stages holds the indices of all assets made so far, by stage.
	stages [7][]int
}

func (m *maker) group(name string, size int) {
	var own [7][]int
	for i := range size {
		stage := m.stage(float64(i) / float64(size))
		d := asset.Definition{
			Name:  fmt.Sprintf("%s/%s_%02d", name, stages[stage].name, i),
			Group: name,
			Kinds: stages[stage].kinds,
		}
		if m.random.IntN(3) == 0 {
			d.Partitions = &partition.Definition{Kind: partition.Daily, Start: "2024-01-01"}
		}
		d.Inputs = m.inputs(stage, own)
		own[stage] = append(own[stage], len(m.all))
		m.all = append(m.all, d)
	}
	for s := range own {
		m.stages[s] = append(m.stages[s], own[s]...)
	}
}

func (m *maker) stage(at float64) int {
	for s, stage := range stages {
		if at -= stage.share; at < 0 {
			return s
		}
	}
	return len(stages) - 1
}

func (m *maker) inputs(stage int, own [7][]int) []asset.Input {
	if stage == 0 {
		return nil
	}
	count := 1 + m.random.IntN(3)
	taken := make(map[int]bool)
	var inputs []asset.Input
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
		kind := asset.Data
		if m.random.IntN(10) == 0 {
			kind = asset.Lineage
		}
		inputs = append(inputs, asset.Input{Asset: m.all[up].Name, Kind: kind})
	}
	return inputs
}
