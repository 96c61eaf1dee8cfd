package executor

import (
	"fmt"
	"strings"

	"rivers.io/runtime/event"
	"rivers.io/runtime/run"
)

const (
	// maxBatch is about how many bytes of results one append records.
	maxBatch = 8 << 20
	// maxError is how much of an error's text is kept.
	maxError = 64 << 10
)

// bounded returns the outcome as the store can record it: an error is cut, and a
// result whose event would be too large is a failure that says so.
func bounded(o run.Outcome) run.Outcome {
	if o.Failure != nil {
		if len(o.Failure.Error) > maxError {
			f := *o.Failure
			f.Error = cut(f.Error, maxError)
			o.Failure = &f
		}
		return o
	}
	for i := range o.Outputs {
		if size(&o.Outputs[i]) < event.MaxPayload/2 {
			continue
		}
		if _, err := event.Encode(&o.Outputs[i]); err != nil {
			return run.Outcome{Duration: o.Duration, Failure: &run.Failure{
				Reason: event.ReasonError, Kinds: []string{"too_large"}, Final: true,
				Error: fmt.Sprintf("the result cannot be recorded: %v; put less into its metadata", err),
			}}
		}
	}
	return o
}

// weight is about how many bytes an outcome takes when it is recorded.
func weight(o run.Outcome) int {
	n := 256
	if o.Failure != nil {
		n += len(o.Failure.Error)
	}
	for i := range o.Outputs {
		n += size(&o.Outputs[i])
	}
	return n
}

// size is about how many bytes a materialization takes.
func size(m *event.Materialization) int {
	n := 256
	for key, value := range m.Metadata {
		n += len(key) + len(value)
	}
	for _, in := range m.Inputs {
		n += len(in.Asset) + len(in.Key) + len(in.Version) + 64
	}
	return n
}

// cut returns at most n bytes of a text, and says how many it left out.
func cut(text string, n int) string {
	over := len(text) - n
	if over <= 0 {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + fmt.Sprintf("… (%d bytes cut)", over)
}
