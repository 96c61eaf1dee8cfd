package asset_test

import (
	"fmt"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
)

func pipeline() []asset.Definition {
	return []asset.Definition{
		{Name: "flights", Group: "ingest", Site: asset.Site{File: "main.go", Line: 3}},
		{Name: "airports", Group: "ingest", Site: asset.Site{File: "main.go", Line: 5}},
		{Name: "delays", Site: asset.Site{File: "main.go", Line: 7}, Inputs: []asset.Input{
			{Asset: "flights", Kind: asset.Data}, {Asset: "airports", Kind: asset.Data},
		}},
		{Name: "report", Site: asset.Site{File: "main.go", Line: 9}, Inputs: []asset.Input{{Asset: "delays", Kind: asset.Data}}},
	}
}

// All that is wrong with a pipeline is reported at once, each with its line.
func ExampleResolve() {
	defs := pipeline()
	defs[1].Name = "air ports"
	defs[3].Inputs[0].Asset = "delay"
	_, err := asset.Resolve(defs)
	fmt.Println(err)
	// Output:
	// air ports: the name "air ports" does not match [A-Za-z_][A-Za-z0-9_.-]* (main.go:5)
	// delays: unknown upstream "airports" (did you mean air ports?) (main.go:7)
	// report: unknown upstream "delay" (did you mean delays?) (main.go:9)
}

// Selections are those of dbt.
func ExampleGraph_Select() {
	g, err := asset.Resolve(pipeline())
	if err != nil {
		panic(err)
	}
	for _, text := range []string{"+delays", "1+report", "group:ingest+1", "+report not:group:ingest", "flights+,+delays"} {
		assets, _ := g.Select(text)
		fmt.Println(text, "=", g.Names(assets))
	}
	_, err = g.Select("+delay")
	fmt.Println(err)
	// Output:
	// +delays = [flights airports delays]
	// 1+report = [delays report]
	// group:ingest+1 = [flights airports delays]
	// +report not:group:ingest = [delays report]
	// flights+,+delays = [flights delays]
	// selection "+delay": no asset is named "delay" (did you mean delays?)
}

// The wait before each retry, and when there is none.
func ExampleRetryPolicy() {
	policy := &asset.RetryPolicy{
		MaxRetries: 3,
		Backoff:    asset.Backoff{Kind: asset.Exponential, Base: time.Second, Factor: 2, Max: 3 * time.Second},
		On:         []string{asset.OnTransient},
	}
	for n := 1; n <= 4; n++ {
		fmt.Println(n, policy.Retries(n, event.ReasonTimeout, nil), policy.Wait(n, 0))
	}
	fmt.Println(policy.Retries(1, event.ReasonError, nil))
	// Output:
	// 1 true 1s
	// 2 true 2s
	// 3 true 3s
	// 4 false 3s
	// false
}
