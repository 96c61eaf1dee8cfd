package main

import (
	"time"

	"rivers.io/runtime/rivers"
)

// slow takes an hour, unless the step is canceled: then its context ends.
var slow = rivers.NewAsset("slow",
	func(ctx *rivers.Context) (string, error) {
		select {
		case <-time.After(time.Hour):
			return "done", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	},
)

// endless never looks at its context. In a process of its own it can be canceled
// all the same: the process is killed.
var endless = rivers.NewAsset("endless",
	func(*rivers.Context) (string, error) {
		select {}
	},
	rivers.Executor(rivers.Subprocess),
)
