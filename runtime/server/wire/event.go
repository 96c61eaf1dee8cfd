package wire

import (
	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
)

// Events translates events in order.
func Events(events []event.Event) []*riversv1.Event {
	out := make([]*riversv1.Event, len(events))
	for i, e := range events {
		out[i] = Event(e)
	}
	return out
}

// Event translates one event. The token of StepLaunched stays behind.
func Event(e event.Event) *riversv1.Event {
	out := &riversv1.Event{
		Stream: e.Stream, Seq: e.Seq, Time: Time(e.Time), Type: string(e.Type()),
		Step: e.Attempt.Name, Partition: string(e.Attempt.Key), Attempt: clamp(e.Attempt.Number),
	}
	switch p := e.Payload.(type) {
	case *event.Materialization:
		out.Payload = &riversv1.Event_Materialization{Materialization: Materialization(p)}
	case *event.Observation:
		out.Payload = &riversv1.Event_Observation{Observation: &riversv1.Observation{
			Output: p.Output, Metadata: objectOf(p.Metadata), DataVersion: p.DataVersion,
		}}
	case *event.PartitionFailed:
		out.Payload = &riversv1.Event_PartitionFailed{PartitionFailed: &riversv1.PartitionFailed{
			Key: string(p.Key), Error: text(p.Error),
		}}
	case *event.Unknown:
		out.Payload = &riversv1.Event_Unknown{Unknown: Object(p.Raw)}
	default:
		if !runPayload(out, p) {
			stepPayload(out, p)
		}
	}
	return out
}

func runPayload(out *riversv1.Event, payload event.Payload) bool {
	switch p := payload.(type) {
	case *event.RunCreated:
		out.Payload = &riversv1.Event_RunCreated{RunCreated: runCreated(p)}
	case *event.RunQueued:
		out.Payload = &riversv1.Event_RunQueued{RunQueued: &riversv1.RunQueued{Priority: clamp(p.Priority), Reason: text(p.Reason)}}
	case *event.RunDequeued:
		out.Payload = &riversv1.Event_RunDequeued{RunDequeued: &riversv1.RunDequeued{}}
	case *event.RunLaunchFailed:
		out.Payload = &riversv1.Event_RunLaunchFailed{RunLaunchFailed: &riversv1.RunLaunchFailed{Error: text(p.Error)}}
	case *event.RunStarted:
		out.Payload = &riversv1.Event_RunStarted{RunStarted: &riversv1.RunStarted{Epoch: p.Epoch, Executor: p.Executor, Image: p.Image}}
	case *event.RunTakenOver:
		out.Payload = &riversv1.Event_RunTakenOver{RunTakenOver: &riversv1.RunTakenOver{Epoch: p.Epoch, Executor: p.Executor, Image: p.Image}}
	case *event.RunCancelRequested:
		out.Payload = &riversv1.Event_RunCancelRequested{RunCancelRequested: &riversv1.RunCancelRequested{User: User(p.User)}}
	case *event.RunFinished:
		out.Payload = &riversv1.Event_RunFinished{RunFinished: &riversv1.RunFinished{
			Outcome: string(p.Outcome), Cause: text(p.Cause), Counts: Counts(p.Counts),
		}}
	default:
		return false
	}
	return true
}

func stepPayload(out *riversv1.Event, payload event.Payload) {
	switch p := payload.(type) {
	case *event.StepLaunched:
		out.Payload = &riversv1.Event_StepLaunched{StepLaunched: &riversv1.StepLaunched{Worker: string(p.Worker)}}
	case *event.StepStarted:
		out.Payload = &riversv1.Event_StepStarted{StepStarted: &riversv1.StepStarted{Pid: int64(p.PID), Pod: p.Pod}}
	case *event.StepSucceeded:
		out.Payload = &riversv1.Event_StepSucceeded{StepSucceeded: &riversv1.StepSucceeded{Duration: Duration(p.Duration)}}
	case *event.StepFailed:
		out.Payload = &riversv1.Event_StepFailed{StepFailed: &riversv1.StepFailed{
			Duration: Duration(p.Duration), Reason: string(p.Reason), Error: text(p.Error), Kinds: p.Kinds, Final: p.Final,
		}}
	case *event.StepRetryScheduled:
		out.Payload = &riversv1.Event_StepRetryScheduled{StepRetryScheduled: &riversv1.StepRetryScheduled{NotBefore: Time(p.NotBefore)}}
	case *event.StepSkipped:
		skipped := &riversv1.StepSkipped{Cause: text(p.Cause)}
		if !p.By.IsZero() {
			skipped.By = step(p.By)
		}
		out.Payload = &riversv1.Event_StepSkipped{StepSkipped: skipped}
	case *event.StepCanceled:
		out.Payload = &riversv1.Event_StepCanceled{StepCanceled: &riversv1.StepCanceled{Cause: text(p.Cause)}}
	case *event.StepRevoked:
		out.Payload = &riversv1.Event_StepRevoked{StepRevoked: &riversv1.StepRevoked{Cause: text(p.Cause)}}
	}
}

func runCreated(p *event.RunCreated) *riversv1.RunCreated {
	out := &riversv1.RunCreated{
		PlanHash: p.PlanHash, Steps: clamp(p.Steps), Selection: p.Selection, Assets: p.Assets,
		Partitions: p.Partitions, Source: p.Source, Launcher: Launcher(p.Launcher), Tags: p.Tags,
		Config: Object(p.Config),
	}
	for _, s := range p.Only {
		out.Only = append(out.Only, step(s))
	}
	return out
}

func step(s event.Step) *riversv1.StepRef {
	return &riversv1.StepRef{Step: s.Name, Partition: string(s.Key)}
}

// Materialization translates what was published.
func Materialization(p *event.Materialization) *riversv1.Materialization {
	out := &riversv1.Materialization{
		Output: p.Output, Metadata: objectOf(p.Metadata), DataVersion: p.DataVersion, CodeVersion: p.CodeVersion,
	}
	if v := p.Value; v != nil {
		out.Value = &riversv1.ValueRef{Handler: v.Handler, Path: v.Path, Format: v.Format, Bytes: v.Bytes}
	}
	for _, in := range p.Inputs {
		out.Inputs = append(out.Inputs, &riversv1.InputVersion{
			Asset: in.Asset, Partition: string(in.Key), Version: in.Version, Keys: in.Keys,
		})
	}
	return out
}

// Launcher translates who started a run.
func Launcher(l event.Launcher) *riversv1.Launcher {
	return &riversv1.Launcher{Kind: l.Kind, Name: l.Name, User: User(l.User)}
}

// User translates a user; nil stays nil.
func User(u *event.User) *riversv1.UserRef {
	if u == nil {
		return nil
	}
	return &riversv1.UserRef{Subject: text(u.Subject), Email: text(u.Email), Name: text(u.Name)}
}

// Counts translates the ends of steps.
func Counts(c event.Counts) *riversv1.RunCounts {
	return &riversv1.RunCounts{
		Total: clamp(c.Total), Succeeded: clamp(c.Succeeded), Failed: clamp(c.Failed),
		Skipped: clamp(c.Skipped), Canceled: clamp(c.Canceled),
	}
}
