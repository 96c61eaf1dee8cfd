package sqlite

import (
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// The numbers that stand for event types in rows. They are part of the schema:
// never change one, only add. A StepFailed that is not final has its own, so
// that the history of an asset can leave it out.
var typeCodes = map[event.Type]int64{
	event.TypeRunCreated:         1,
	event.TypeRunQueued:          2,
	event.TypeRunDequeued:        3,
	event.TypeRunLaunchFailed:    4,
	event.TypeRunStarted:         5,
	event.TypeRunTakenOver:       6,
	event.TypeRunCancelRequested: 7,
	event.TypeRunFinished:        8,
	event.TypeStepLaunched:       9,
	event.TypeStepStarted:        10,
	event.TypeObservation:        11,
	event.TypeMaterialization:    12,
	event.TypePartitionFailed:    13,
	event.TypeStepSucceeded:      14,
	event.TypeStepFailed:         15,
	event.TypeStepRetryScheduled: 16,
	event.TypeStepSkipped:        17,
	event.TypeStepCanceled:       18,
	event.TypeStepRevoked:        19,
}

const (
	codeObservation     = 11
	codeMaterialization = 12
	codePartitionFailed = 13
	codeStepFailed      = 15
	codeStepFailedRetry = 115
)

var codeTypes = func() map[int64]event.Type {
	m := map[int64]event.Type{codeStepFailedRetry: event.TypeStepFailed}
	for t, c := range typeCodes {
		m[c] = t
	}
	return m
}()

// typeCode returns what stands for the type of a payload in a row.
func typeCode(p event.Payload) any {
	if f, ok := p.(*event.StepFailed); ok && !f.Final {
		return int64(codeStepFailedRetry)
	}
	t := p.Type()
	if c, ok := typeCodes[t]; ok {
		return c
	}
	return string(t)
}

// typeOf reads what typeCode wrote.
func typeOf(v any) (event.Type, error) {
	switch v := v.(type) {
	case string:
		return event.Type(v), nil
	case int64:
		if t, ok := codeTypes[v]; ok {
			return t, nil
		}
		return event.Type(fmt.Sprintf("#%d", v)), nil
	}
	return "", fmt.Errorf("event type of kind %T: %w", v, store.ErrCorrupt)
}

// The numbers of statuses in rows; never change one.
var statusCodes = map[store.Status]int64{
	store.Queued: 1, store.NotStarted: 2, store.Started: 3,
	store.Succeeded: 4, store.Failed: 5, store.Canceled: 6,
}

var codeStatuses = func() map[int64]store.Status {
	m := map[int64]store.Status{}
	for s, c := range statusCodes {
		m[c] = s
	}
	return m
}()
