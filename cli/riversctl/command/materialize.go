package command

import (
	"context"
	"fmt"
	"io"

	"google.golang.org/grpc"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type materializer interface {
	Materialize(ctx context.Context, in *riversv1.MaterializeRequest, opts ...grpc.CallOption) (*riversv1.MaterializeResponse, error)
}

// Materialize starts a run.
type Materialize struct {
	Runs    materializer
	Printer output.Printer
	// Request is what is asked for; a request id is needed.
	Request *riversv1.MaterializeRequest
	// Follow waits for the run; nil does not wait.
	Follow *Follow
}

// Run starts the run, or with ValidateOnly says what would start.
func (c Materialize) Run(ctx context.Context) error {
	resp, err := c.Runs.Materialize(ctx, c.Request)
	if err != nil {
		return err
	}
	return started(ctx, c.Printer, c.Follow, startedRun{
		run: resp.GetRun(), summary: resp.GetSummary(), dispatch: resp.GetDispatch(),
		answer: output.Answer{Message: resp, Names: []string{resp.GetRun().GetId()}},
	})
}

type rerunner interface {
	RerunRun(ctx context.Context, in *riversv1.RerunRunRequest, opts ...grpc.CallOption) (*riversv1.RerunRunResponse, error)
}

// Rerun starts a run again.
type Rerun struct {
	Runs    rerunner
	Printer output.Printer
	// ID is the run's whole id.
	ID string
	// FromFailure repeats only what did not succeed.
	FromFailure bool
	// RequestID makes the call idempotent.
	RequestID string
	// Follow waits for the new run; nil does not wait.
	Follow *Follow
}

// Run starts the new run.
func (c Rerun) Run(ctx context.Context) error {
	resp, err := c.Runs.RerunRun(ctx, &riversv1.RerunRunRequest{Run: c.ID, FromFailure: c.FromFailure, RequestId: c.RequestID})
	if err != nil {
		return err
	}
	return started(ctx, c.Printer, c.Follow, startedRun{
		run: resp.GetRun(), summary: resp.GetSummary(), dispatch: resp.GetDispatch(),
		answer: output.Answer{Message: resp, Names: []string{resp.GetRun().GetId()}},
	})
}

type startedRun struct {
	run      *riversv1.Run
	summary  *riversv1.RunSummary
	dispatch riversv1.Dispatch
	answer   output.Answer
}

// started prints what became of a launch and follows the run when asked to. When it
// follows, the answer in JSON, YAML and names is printed at the end and is the run.
func started(ctx context.Context, p output.Printer, f *Follow, s startedRun) error {
	s.answer.Table = func(w io.Writer) error {
		if s.run == nil {
			_, err := fmt.Fprintf(w, "would start: %s\n", output.Clean(s.summary.GetSentence()))
			return err
		}
		word := "started"
		if s.dispatch == riversv1.Dispatch_DISPATCH_QUEUED {
			word = "queued"
		}
		_, err := fmt.Fprintf(w, "run %s %s: %s\n", s.run.GetId(), word, output.Clean(s.summary.GetSentence()))
		return err
	}
	if s.run == nil {
		s.answer.Names = s.summary.GetAssets()
	}
	if f == nil || s.run == nil {
		return p.Print(s.answer)
	}
	if p.Format == output.Table {
		if err := p.Print(s.answer); err != nil {
			return err
		}
	}
	f.ID = s.run.GetId()
	return f.Run(ctx)
}
