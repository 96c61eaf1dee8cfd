package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// load is what one client appends to a run of its own.
type load struct {
	run     string
	appends []store.Append
	events  int
}

// newLoad makes a run that is owned, and the appends that an executor makes of
// some steps: groups of three events are a chain, each holding the result of a
// step and the launch of the next; larger ones hold the launches of many steps and
// the results of those launched before.
func newLoad(ctx context.Context, loc store.Location, client, group, groups int) (*load, error) {
	l := &load{run: uuid.Must(uuid.NewV7()).String()}
	steps := group / 3
	created := event.RunCreated{Steps: steps * groups, Launcher: event.Launcher{Kind: "manual"}}
	if _, _, err := loc.CreateRun(ctx, store.NewRun{ID: l.run, Status: store.NotStarted, Created: created}); err != nil {
		return nil, err
	}
	claim, err := loc.TakeOver(ctx, l.run, store.TakeOver{Executor: "bench", Lease: time.Minute})
	if err != nil {
		return nil, err
	}
	attempt := func(i int) (event.Attempt, string) {
		return event.Attempt{Step: event.Step{Name: fmt.Sprintf("asset_%02d_%05d", client, i)}, Number: 1}, fmt.Sprintf("0199b5f4-9e1c-7%03d-8000-%012d", client, i)
	}
	for g := range groups {
		var add store.Append
		for i := (g - 1) * steps; g > 0 && i < g*steps; i++ {
			a, token := attempt(i)
			add.Parts = append(add.Parts, store.Part{Token: token, Events: []event.Event{
				{Attempt: a, Payload: &event.Materialization{DataVersion: "0199b5f4-9e1c-7000-8000-000000000000", CodeVersion: "1"}},
				{Attempt: a, Payload: &event.StepSucceeded{Duration: time.Millisecond}},
			}})
		}
		launches := store.Part{Epoch: claim.Epoch}
		for i := g * steps; i < (g+1)*steps; i++ {
			a, token := attempt(i)
			launches.Events = append(launches.Events, event.Event{Attempt: a, Payload: &event.StepLaunched{Token: token, Worker: event.InProcess}})
		}
		add.Parts = append(add.Parts, launches)
		add.Writer, add.Counter, add.Lease = l.run, uint64(g+1), time.Minute
		l.appends = append(l.appends, add)
	}
	for _, add := range l.appends {
		for _, p := range add.Parts {
			l.events += len(p.Events)
		}
	}
	return l, nil
}

// clientsOf runs a function for each client at once.
func clientsOf(clients int, f func(client int) error) error {
	errs := make([]error, clients)
	var tasks sync.WaitGroup
	for c := range clients {
		tasks.Go(func() { errs[c] = f(c) })
	}
	tasks.Wait()
	return errors.Join(errs...)
}

// sample are the durations of one operation.
type sample []time.Duration

// percentile of a sample, in milliseconds.
func (s sample) percentile(p int) float64 {
	if len(s) == 0 {
		return 0
	}
	return milliseconds(s[min(len(s)-1, len(s)*p/100)])
}

func (s sample) String() string {
	return fmt.Sprintf("p50 %.2f ms, p95 %.2f ms", s.percentile(50), s.percentile(95))
}

// sampled lets each client do an operation some times, one after the other.
func sampled(clients, times int, op func(client, i int) (time.Duration, error)) (sample, error) {
	all := make(sample, clients*times)
	err := clientsOf(clients, func(c int) error {
		for i := range times {
			took, err := op(c, i)
			if err != nil {
				return err
			}
			all[c*times+i] = took
		}
		return nil
	})
	slices.Sort(all)
	return all, err
}
