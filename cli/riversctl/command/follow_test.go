package command

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

func succeeded(seq uint64, step string) *riversv1.Event {
	return &riversv1.Event{Seq: seq, Step: step, Payload: &riversv1.Event_StepSucceeded{StepSucceeded: &riversv1.StepSucceeded{}}}
}

func finished(seq uint64) *riversv1.Event {
	return &riversv1.Event{Seq: seq, Payload: &riversv1.Event_RunFinished{RunFinished: &riversv1.RunFinished{}}}
}

// seen is a view that remembers.
type seen struct {
	steps   []string
	waited  int
	ended   bool
	onEvent func()
}

func (s *seen) Event(e *riversv1.Event) {
	if e.GetStep() != "" {
		s.steps = append(s.steps, e.GetStep())
	}
	if s.onEvent != nil {
		s.onEvent()
	}
}
func (s *seen) Waiting(error) { s.waited++ }
func (s *seen) End()          { s.ended = true }

func outcome(s riversv1.RunStatus) func(*riversv1.GetRunRequest) (*riversv1.GetRunResponse, error) {
	return func(in *riversv1.GetRunRequest) (*riversv1.GetRunResponse, error) {
		return &riversv1.GetRunResponse{Run: &riversv1.Run{Id: in.GetRun(), Status: s, Cause: "step b failed"}}, nil
	}
}

// TestFollowSurvivesAMove breaks the watch as a reload does: every event is shown
// once, although the new process repeats one.
func TestFollowSurvivesAMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, reads := 0, 0
		runs := fakeRuns{
			get: func(in *riversv1.GetRunRequest) (*riversv1.GetRunResponse, error) {
				if reads++; reads < 3 {
					return nil, status.Error(codes.Unavailable, "restarting")
				}
				return outcome(riversv1.RunStatus_RUN_STATUS_SUCCEEDED)(in)
			},
			events: func(in *riversv1.WatchRunEventsRequest) ([][]*riversv1.Event, error, error) {
				calls++
				switch calls {
				case 1:
					return [][]*riversv1.Event{{succeeded(1, "a")}}, status.Error(codes.Unavailable, "draining"), nil
				case 2, 3:
					return nil, nil, exit.Unreachablef("nobody serves it")
				case 4: // a server that drains may end a watch without an error
					return [][]*riversv1.Event{{succeeded(1, "a"), succeeded(2, "b")}}, nil, nil
				default:
					if in.GetAfterSeq() != 2 {
						t.Errorf("the watch goes on after %d, want 2", in.GetAfterSeq())
					}
					return [][]*riversv1.Event{{succeeded(3, "c"), finished(4)}}, nil, nil
				}
			},
		}
		var out bytes.Buffer
		view := &seen{}
		err := Follow{Runs: runs, View: view, Now: clock, ID: "r", Printer: output.Printer{W: &out, Format: output.Table}}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a", "b", "c"}, view.steps); diff != "" {
			t.Error(diff)
		}
		if !view.ended || view.waited == 0 {
			t.Errorf("ended %v, waited %d", view.ended, view.waited)
		}
		if !strings.HasPrefix(out.String(), "run r succeeded") {
			t.Errorf("printed %q", out.String())
		}
	})
}

func TestFollowTellsFailure(t *testing.T) {
	runs := fakeRuns{
		get: outcome(riversv1.RunStatus_RUN_STATUS_FAILED),
		events: func(*riversv1.WatchRunEventsRequest) ([][]*riversv1.Event, error, error) {
			return [][]*riversv1.Event{{finished(1)}}, nil, nil
		},
	}
	err := Follow{Runs: runs, View: &seen{}, Now: clock, ID: "r", Printer: output.Printer{W: &bytes.Buffer{}}}.Run(t.Context())
	if exit.Code(err) != exit.Failed || !strings.Contains(err.Error(), "step b failed") {
		t.Errorf("Run = %v", err)
	}
}

func TestFollowGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := fakeRuns{events: func(*riversv1.WatchRunEventsRequest) ([][]*riversv1.Event, error, error) {
			return nil, nil, status.Error(codes.Unavailable, "gone")
		}}
		begun := time.Now()
		err := Follow{Runs: runs, View: &seen{}, Now: clock, ID: "r"}.Run(t.Context())
		if exit.Code(err) != exit.Unreachable || time.Since(begun) < Patience {
			t.Errorf("Run = %v after %v", err, time.Since(begun))
		}
	})
}

func TestFollowRefused(t *testing.T) {
	runs := fakeRuns{events: func(*riversv1.WatchRunEventsRequest) ([][]*riversv1.Event, error, error) {
		return nil, nil, status.Error(codes.NotFound, "no such run")
	}}
	if err := (Follow{Runs: runs, View: &seen{}, Now: clock, ID: "r"}).Run(t.Context()); status.Code(err) != codes.NotFound {
		t.Errorf("Run = %v: what waiting cannot mend must not be waited for", err)
	}
}

func TestFollowInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		runs := fakeRuns{events: func(*riversv1.WatchRunEventsRequest) ([][]*riversv1.Event, error, error) {
			return [][]*riversv1.Event{{succeeded(1, "a")}}, status.Error(codes.Unavailable, "moved"), nil
		}}
		err := Follow{Runs: runs, View: &seen{onEvent: cancel}, Now: clock, ID: "r"}.Run(ctx)
		if exit.Code(err) != exit.Interrupted || !strings.Contains(err.Error(), "runs cancel r") {
			t.Errorf("Ctrl-C says %v", err)
		}
	})
}

func TestBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		v := NewBlock(&out, 60, time.Now)
		v.Event(&riversv1.Event{Seq: 1, Payload: &riversv1.Event_RunCreated{RunCreated: &riversv1.RunCreated{Steps: 4}}})
		for i, step := range []string{"one", "two", "three"} {
			v.Event(&riversv1.Event{Seq: uint64(2 + i), Step: step, Attempt: 1, Payload: &riversv1.Event_StepLaunched{}})
		}
		v.Event(succeeded(5, "one"))
		v.Event(&riversv1.Event{Seq: 6, Step: "two", Attempt: 1, Payload: &riversv1.Event_StepFailed{
			StepFailed: &riversv1.StepFailed{Error: "boom\x1b[2J", Final: true},
		}})
		<-time.After(2 * frame) // virtual time: two drawings
		synctest.Wait()
		v.End()
		text := out.String()
		for _, want := range []string{"2/4 steps", "1 failed", "◐ three", "✕ two  attempt 1 failed: boom\uFFFD[2J\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("the block does not show %q:\n%q", want, text)
			}
		}
		if !strings.HasSuffix(text, "\x1b[J") {
			t.Errorf("the block is left on the screen: %q", text)
		}
	})
}
