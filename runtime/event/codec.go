package event

import (
	"encoding/json"
	"fmt"
)

// The bounds of the encoded payload of one event, in bytes.
const (
	// MaxPayload bounds every payload but RunCreated.
	MaxPayload = 1 << 20
	// MaxRunCreated bounds RunCreated, of which a run has one: it names every
	// selected asset, and every step of a retry, so that the largest plans with
	// long names need more.
	MaxRunCreated = 16 << 20
)

var makers = map[Type]func() Payload{
	TypeRunCreated:         func() Payload { return new(RunCreated) },
	TypeRunQueued:          func() Payload { return new(RunQueued) },
	TypeRunDequeued:        func() Payload { return new(RunDequeued) },
	TypeRunLaunchFailed:    func() Payload { return new(RunLaunchFailed) },
	TypeRunStarted:         func() Payload { return new(RunStarted) },
	TypeRunTakenOver:       func() Payload { return new(RunTakenOver) },
	TypeRunCancelRequested: func() Payload { return new(RunCancelRequested) },
	TypeRunFinished:        func() Payload { return new(RunFinished) },
	TypeStepLaunched:       func() Payload { return new(StepLaunched) },
	TypeStepStarted:        func() Payload { return new(StepStarted) },
	TypeObservation:        func() Payload { return new(Observation) },
	TypeMaterialization:    func() Payload { return new(Materialization) },
	TypePartitionFailed:    func() Payload { return new(PartitionFailed) },
	TypeStepSucceeded:      func() Payload { return new(StepSucceeded) },
	TypeStepFailed:         func() Payload { return new(StepFailed) },
	TypeStepRetryScheduled: func() Payload { return new(StepRetryScheduled) },
	TypeStepSkipped:        func() Payload { return new(StepSkipped) },
	TypeStepCanceled:       func() Payload { return new(StepCanceled) },
	TypeStepRevoked:        func() Payload { return new(StepRevoked) },
}

// Encode returns the payload as JSON; an unknown one is returned as it was
// read. It fails when the payload is empty or larger than its bound (MaxPayload,
// or MaxRunCreated), or holds metadata or configuration that is not JSON.
func Encode(p Payload) ([]byte, error) {
	raw, err := marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", p.Type(), err)
	}
	if len(raw) == 0 {
		return nil, fmt.Errorf("encode %s: payload is empty", p.Type())
	}
	if most := bound(p); len(raw) > most {
		return nil, fmt.Errorf("encode %s: payload of %d bytes exceeds %d", p.Type(), len(raw), most)
	}
	return raw, nil
}

func bound(p Payload) int {
	if _, ok := p.(*RunCreated); ok {
		return MaxRunCreated
	}
	return MaxPayload
}

func marshal(p Payload) ([]byte, error) {
	if u, ok := p.(*Unknown); ok {
		return u.Raw, nil
	}
	return json.Marshal(p)
}

// Decode reads a stored payload. A type that this build does not know gives
// *Unknown and no error; a known type with a broken payload is an error.
func Decode(t Type, raw []byte) (Payload, error) {
	maker, ok := makers[t]
	if !ok {
		return &Unknown{Name: t, Raw: append(json.RawMessage(nil), raw...)}, nil
	}
	p := maker()
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("decode %s: %w", t, err)
	}
	return p, nil
}
