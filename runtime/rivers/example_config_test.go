package rivers_test

import (
	"fmt"
	"testing"
	"time"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// A config is a struct. Its values are the defaults, then the environment, then
// what the run was launched with.
func ExampleNewConfig() {
	type Settings struct {
		Threshold time.Duration `json:"threshold" doc:"shortest delay that counts"`
		Unit      string        `json:"unit" env:"DELAY_UNIT"`
	}
	config := rivers.NewConfig(Settings{Threshold: 15 * time.Minute, Unit: "minutes"})

	delays := rivers.NewAsset("delays", func(ctx *rivers.Context) (string, error) {
		s := config.Get(ctx)
		return fmt.Sprintf("over %s in %s", s.Threshold, s.Unit), nil
	}, rivers.Uses(config))

	riverstest.Example(func(t testing.TB) {
		got, _ := riverstest.Run(t, delays)
		fmt.Println(got)
		got, _ = riverstest.Run(t, delays, riverstest.Setenv("DELAY_UNIT", "hours"), riverstest.Override(`{"threshold": "1h"}`))
		fmt.Println(got)
	})
	// Output:
	// over 15m0s in minutes
	// over 1h0m0s in hours
}
