package executor

import (
	"time"

	"rivers.io/runtime/event"
)

// valueIndex holds what was materialized in this run, and in the run that it
// retries, so that a step's inputs need no query for what the run itself made.
type valueIndex struct {
	own    map[event.Step]*event.Materialization
	source map[event.Step]*event.Materialization
	// began is when the run did, by the store's clock.
	began time.Time
}

func newValueIndex() *valueIndex {
	return &valueIndex{own: map[event.Step]*event.Materialization{}, source: map[event.Step]*event.Materialization{}}
}

// addSource remembers what a retried run made, unless a nearer one made it anew.
func (v *valueIndex) addSource(made *valueIndex) {
	for key, m := range made.own {
		if v.source[key] == nil {
			v.source[key] = m
		}
	}
}

// note remembers a materialization of this run, and its beginning.
func (v *valueIndex) note(e event.Event) {
	if _, began := e.Payload.(*event.RunStarted); began {
		v.began = e.Time
	}
	m, ok := e.Payload.(*event.Materialization)
	if !ok {
		return
	}
	key := e.Attempt.Step
	if m.Output != "" {
		key.Name = m.Output
	}
	v.own[key] = &event.Materialization{Value: m.Value, DataVersion: m.DataVersion}
}

func (v *valueIndex) lookup(key event.Step) *event.Materialization {
	if m := v.own[key]; m != nil {
		return m
	}
	return v.source[key]
}
