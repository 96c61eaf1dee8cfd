package main

import (
	"fmt"
	"os"

	"rivers.io/runtime/rivers"
)

// tool prints past its context, as the tools that a step calls do. In a process
// of its own that output belongs to the step.
var tool = rivers.NewAsset("tool",
	func(*rivers.Context) (int, error) {
		fmt.Println("one line on standard output")
		fmt.Fprintln(os.Stderr, "one line on standard error")
		return 1, nil
	},
	rivers.Executor(rivers.Subprocess),
)

// crash ends its process. It takes its own attempt with it and nothing else.
var crash = rivers.NewAsset("crash",
	func(*rivers.Context) (int, error) {
		os.Exit(7)
		return 0, nil
	},
	rivers.Executor(rivers.Subprocess),
)
