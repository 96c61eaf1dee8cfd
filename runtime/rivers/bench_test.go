package rivers_test

import (
	"strconv"
	"testing"

	"rivers.io/runtime/host"
	"rivers.io/runtime/rivers"
)

// BenchmarkExecute runs a step that stores nothing: what the SDK adds to every
// step.
func BenchmarkExecute(b *testing.B) {
	a := rivers.NewAsset("a", func(*rivers.Context) (rivers.Materialization, error) { return rivers.Materialization{}, nil })
	h := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(a)), rivers.HostConfig{})
	e := &env{}
	b.ReportAllocs()
	for b.Loop() {
		if r, err := h.Execute(b.Context(), host.Request{Step: "a"}, e); err != nil || r.Failure != nil {
			b.Fatal(err, r.Failure)
		}
	}
}

// BenchmarkValidate resolves 10,000 chained assets.
func BenchmarkValidate(b *testing.B) {
	last := constant("first", 0)
	assets := []rivers.Declared{last}
	for i := range 10_000 {
		last = take("x"+string(rune('a'+i%26))+strconv.Itoa(i), last)
		assets = append(assets, last)
	}
	for b.Loop() {
		if err := rivers.NewRepository("test", rivers.Assets(assets...)).Validate(); err != nil {
			b.Fatal(err)
		}
	}
}
