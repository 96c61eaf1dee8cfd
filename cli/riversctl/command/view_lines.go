package command

import (
	"fmt"
	"io"
	"time"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

// Lines shows a run as one line for each step that ended, for logs and files.
type Lines struct {
	W io.Writer

	waiting bool
}

var _ View = (*Lines)(nil)

// Event prints what ended, failed or will be tried again.
func (v *Lines) Event(e *riversv1.Event) {
	v.waiting = false
	if text := eventText(e); text != "" {
		v.line(e, text)
	}
}

// Waiting says once that nobody answers.
func (v *Lines) Waiting(err error) {
	if err != nil && !v.waiting {
		v.waiting = true
		_, _ = fmt.Fprintln(v.W, "waiting for the code location to answer") // progress is not worth an error
	}
}

// End does nothing: lines end by themselves.
func (v *Lines) End() {}

func (v *Lines) line(e *riversv1.Event, text string) {
	_, _ = fmt.Fprintf(v.W, "%s  %s\n", at(e.GetTime()).Local().Format(time.TimeOnly), text) // progress is not worth an error
}

func stepName(e *riversv1.Event) string { return output.Clean(e.GetStep() + bracket(e.GetPartition())) }

// eventText says what happened, or nothing where it is not worth a line.
func eventText(e *riversv1.Event) string {
	switch p := e.GetPayload().(type) {
	case *riversv1.Event_RunTakenOver:
		return "another process continues the run"
	case *riversv1.Event_RunCancelRequested:
		return "cancel requested"
	case *riversv1.Event_StepSucceeded:
		return fmt.Sprintf("● %s  %s", stepName(e), output.Duration(p.StepSucceeded.GetDuration().AsDuration()))
	case *riversv1.Event_StepFailed:
		again := ""
		if !p.StepFailed.GetFinal() {
			again = " (will be tried again)"
		}
		return fmt.Sprintf("✕ %s  attempt %d failed%s: %s", stepName(e), e.GetAttempt(), again, output.Clean(p.StepFailed.GetError()))
	case *riversv1.Event_StepSkipped:
		return fmt.Sprintf("– %s  skipped: %s", stepName(e), output.Clean(p.StepSkipped.GetCause()))
	case *riversv1.Event_StepCanceled:
		return fmt.Sprintf("⊘ %s  canceled", stepName(e))
	case *riversv1.Event_StepRevoked:
		return fmt.Sprintf("◌ %s  attempt %d is given up: %s", stepName(e), e.GetAttempt(), output.Clean(p.StepRevoked.GetCause()))
	case *riversv1.Event_RunLaunchFailed:
		return "the run could not be started: " + output.Clean(p.RunLaunchFailed.GetError())
	default:
		return ""
	}
}
