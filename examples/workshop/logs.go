package main

import (
	"fmt"

	"rivers.io/runtime/rivers"
)

// chatty writes to every stream that a step has.
var chatty = rivers.NewAsset("chatty",
	func(ctx *rivers.Context) (int, error) {
		ctx.Logger.Debug("about to count")
		ctx.Logger.Warn("counted", "rows", 3)
		fmt.Fprintln(ctx.Stdout(), "to the step's standard output")
		fmt.Fprintln(ctx.Stderr(), "to the step's standard error")
		fmt.Println("past the context")
		return 3, nil
	},
)
