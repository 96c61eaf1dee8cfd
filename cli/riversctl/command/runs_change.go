package command

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type runCanceler interface {
	CancelRun(ctx context.Context, in *riversv1.CancelRunRequest, opts ...grpc.CallOption) (*riversv1.CancelRunResponse, error)
}

type runDeleter interface {
	DeleteRun(ctx context.Context, in *riversv1.DeleteRunRequest, opts ...grpc.CallOption) (*riversv1.DeleteRunResponse, error)
}

// CancelRuns asks for the end of runs.
type CancelRuns struct {
	Runs    runCanceler
	Printer output.Printer
	// IDs are whole run ids.
	IDs []string
	// NewID makes request ids.
	NewID func() string
}

// Run asks for the end of each run, and says whether it took effect.
func (c CancelRuns) Run(ctx context.Context) error {
	return each(c.IDs, func(id string) error {
		resp, err := c.Runs.CancelRun(ctx, &riversv1.CancelRunRequest{Run: id, RequestId: c.NewID()})
		if err != nil {
			return err
		}
		return c.Printer.PrintDocument(output.Answer{Message: resp, Names: []string{id}, Table: func(w io.Writer) error {
			text := "is asked to end"
			if !resp.GetSuccess() {
				text = "had ended before: " + runStatus(resp.GetRun())
			}
			_, err := fmt.Fprintf(w, "run %s %s\n", id, text)
			return err
		}}, len(c.IDs))
	})
}

// DeleteRuns removes runs that have ended.
type DeleteRuns struct {
	Runs    runDeleter
	Printer output.Printer
	// IDs are whole run ids.
	IDs []string
	// NewID makes request ids.
	NewID func() string
	// Confirm asks the person; nil goes ahead.
	Confirm func(question string) (bool, error)
}

// Run removes each run; one that cannot be removed does not keep the others.
func (c DeleteRuns) Run(ctx context.Context) error {
	if c.Confirm != nil {
		what := fmt.Sprintf("%d runs", len(c.IDs))
		if len(c.IDs) == 1 {
			what = "run " + c.IDs[0]
		}
		yes, err := c.Confirm(fmt.Sprintf("Delete %s with all events and logs?", what))
		if err != nil {
			return err
		}
		if !yes {
			return errors.New("nothing was deleted")
		}
	}
	return each(c.IDs, func(id string) error {
		if _, err := c.Runs.DeleteRun(ctx, &riversv1.DeleteRunRequest{Run: id, RequestId: c.NewID()}); err != nil {
			return err
		}
		return c.Printer.PrintDocument(output.Answer{Message: deleted(id), Names: []string{id}, Table: func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "run %s is deleted\n", id)
			return err
		}}, len(c.IDs))
	})
}

// deleted says of a run that it is no more.
func deleted(id string) *structpb.Struct {
	return &structpb.Struct{Fields: map[string]*structpb.Value{
		"run": structpb.NewStringValue(id), "deleted": structpb.NewBoolValue(true),
	}}
}

// each does the same to every run and names those that refused. One failure keeps
// its own exit code.
func each(ids []string, do func(id string) error) error {
	var problems []error
	for _, id := range ids {
		if err := do(id); err != nil {
			if exit.Code(err) == exit.Unreachable || len(ids) == 1 {
				return err
			}
			problems = append(problems, fmt.Errorf("run %s: %w", id, err))
		}
	}
	return errors.Join(problems...)
}
