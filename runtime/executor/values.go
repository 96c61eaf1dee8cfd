package executor

import "rivers.io/runtime/event"

// valueIndex holds what was materialized in this run, and in the run that it
// retries, so that a step's inputs need no query for what the run itself made.
type valueIndex struct {
	own    map[event.Step]*event.Materialization
	source map[event.Step]*event.Materialization
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

// note remembers a materialization of this run.
func (v *valueIndex) note(e event.Event) {
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
