package main

import (
	"context"
	"errors"
	"strings"

	"rivers.io/runtime/rivers"
)

// Greeting holds what the asset greeting can be told.
type Greeting struct {
	Name  string `json:"name" doc:"whom to greet"`
	Times int    `json:"times" doc:"how often"`
	Token string `json:"token" env:"GREETING_TOKEN" secret:"true" doc:"what the service asks for"`
}

// Validate is called with the values that a step will see.
func (g Greeting) Validate() error {
	if g.Times < 1 {
		return errors.New("times must be at least 1")
	}
	return nil
}

var settings = rivers.NewConfig(Greeting{Name: "world", Times: 1})

// phrases stands for a client or a connection: it is made once for the process
// and shared by all steps.
var phrases = rivers.NewResource("phrases",
	func(context.Context) (map[string]string, func() error, error) {
		return map[string]string{"en": "hello"}, nil, nil
	},
)

var greeting = rivers.NewAsset("greeting",
	func(ctx *rivers.Context) (string, error) {
		set := settings.Get(ctx)
		line := phrases.Get(ctx)["en"] + " " + set.Name
		return strings.TrimSuffix(strings.Repeat(line+", ", set.Times), ", "), nil
	},
	rivers.Uses(settings, phrases),
)
