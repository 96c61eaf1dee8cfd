package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type runWatcher interface {
	GetRun(ctx context.Context, in *riversv1.GetRunRequest, opts ...grpc.CallOption) (*riversv1.GetRunResponse, error)
	WatchRunEvents(ctx context.Context, in *riversv1.WatchRunEventsRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[riversv1.WatchRunEventsResponse], error)
}

// Times of following.
const (
	// FirstPause and LongestPause bound the waits before a broken watch is opened
	// again.
	FirstPause, LongestPause = 100 * time.Millisecond, 2 * time.Second
	// Patience is how long nobody may answer before following gives up.
	Patience = time.Minute
)

// View shows a run while it happens.
type View interface {
	// Event shows one event; events come once and in order.
	Event(e *riversv1.Event)
	// Waiting says that the location does not answer at the moment.
	Waiting(err error)
	// End makes room for what is printed next.
	End()
}

// Follow shows a run until it ends. A location that moves or restarts meanwhile is
// waited for.
type Follow struct {
	Runs    runWatcher
	Printer output.Printer
	View    View
	Now     func() time.Time
	// ID is the run's whole id.
	ID string
}

// Run returns nil when the run succeeded, and else an error that asks for the
// matching exit code. When ctx ends first, the run goes on, and the error says how
// to cancel it.
func (c Follow) Run(ctx context.Context) error {
	err := c.watch(ctx)
	c.View.End()
	if ctx.Err() != nil {
		return &exit.Error{Code: exit.Interrupted, Err: fmt.Errorf(
			"run %s goes on; `riversctl runs watch %[1]s` follows it again, `riversctl runs cancel %[1]s` ends it", c.ID)}
	}
	if err != nil {
		return err
	}
	r, err := c.final(ctx)
	if err != nil {
		return err
	}
	return c.verdict(r)
}

// final reads the run that has ended; a location that restarts right then is waited
// for.
func (c Follow) final(ctx context.Context) (*riversv1.Run, error) {
	pause := FirstPause
	for begun := time.Now(); ; pause = min(2*pause, LongestPause) {
		resp, err := c.Runs.GetRun(ctx, &riversv1.GetRunRequest{Run: c.ID})
		if err == nil || !passing(err) || time.Since(begun) > Patience {
			return resp.GetRun(), err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// verdict prints how the run ended.
func (c Follow) verdict(r *riversv1.Run) error {
	err := c.Printer.Print(output.Answer{Message: r, Names: []string{r.GetId()}, Table: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "run %s %s in %s: %s\n", r.GetId(), runStatus(r), elapsed(r, c.Now()), countsText(r.GetCounts()))
		return err
	}})
	if err != nil || r.GetStatus() == riversv1.RunStatus_RUN_STATUS_SUCCEEDED {
		return err
	}
	cause := r.GetCause()
	if cause == "" {
		cause = runStatus(r)
	}
	return fmt.Errorf("run %s: %s; `riversctl runs retry %s` repeats what did not succeed", runStatus(r), output.Clean(cause), r.GetId())
}

// watch shows every event of the run once, opening the watch again where it broke.
func (c Follow) watch(ctx context.Context) error {
	var after uint64
	pause, quiet := FirstPause, time.Now()
	for {
		seen, over, err := c.stream(ctx, after)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if over {
			return err
		}
		if seen > after {
			after, pause, quiet = seen, FirstPause, time.Now()
		}
		switch {
		case err != nil && !passing(err):
			return err
		case time.Since(quiet) > Patience:
			return exit.Unreachablef("nobody has answered for %s; run %s goes on where it can: %w", Patience, c.ID, err)
		}
		c.View.Waiting(err)
		select {
		case <-time.After(pause):
			pause = min(2*pause, LongestPause)
		case <-ctx.Done():
		}
	}
}

// passing reports whether waiting may mend the error.
func passing(err error) bool {
	return status.Code(err) == codes.Unavailable || exit.Code(err) == exit.Unreachable
}

// stream shows events until the watch ends. It returns the number of the last one,
// and whether it was the run's last.
func (c Follow) stream(ctx context.Context, after uint64) (seen uint64, over bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen = after
	events, err := c.Runs.WatchRunEvents(ctx, &riversv1.WatchRunEventsRequest{Run: c.ID, AfterSeq: after})
	if err != nil {
		return seen, false, err
	}
	for {
		batch, err := events.Recv()
		if errors.Is(err, io.EOF) {
			return seen, false, nil
		}
		if err != nil {
			return seen, false, err
		}
		for _, e := range batch.GetEvents() {
			if e.GetSeq() <= seen {
				continue
			}
			seen = e.GetSeq()
			c.View.Event(e)
			if e.GetRunFinished() != nil {
				return seen, true, nil
			}
		}
	}
}
