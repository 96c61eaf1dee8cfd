package gantt

import (
	"time"

	"rivers.io/runtime/event"
)

// Apply folds the next events of the run, in order. Events that were applied
// before are left out, so that an overlap does no harm.
func (c *Chart) Apply(events []event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		if e.Seq <= c.seq {
			continue
		}
		c.seq = e.Seq
		if e.Attempt.IsZero() {
			c.applyRun(e)
		} else {
			c.applyStep(e)
		}
	}
}

func (c *Chart) applyRun(e event.Event) {
	switch p := e.Payload.(type) {
	case *event.RunCreated:
		c.created = e.Time
		c.keepOnly(p.Only)
	case *event.RunStarted:
		c.started = e.Time
	case *event.RunFinished:
		c.ended, c.finished, c.outcome = e.Time, true, p.Outcome
	case *event.RunLaunchFailed:
		c.ended, c.finished, c.outcome = e.Time, true, event.Failed
	}
}

// keepOnly leaves out the steps that a retry does not repeat.
func (c *Chart) keepOnly(only []event.Step) {
	if len(only) == 0 {
		return
	}
	wanted := make(map[event.Step]bool, len(only))
	for _, s := range only {
		wanted[s] = true
	}
	for i := range c.rows {
		if !wanted[c.rows[i].Step] {
			c.rows[i].State = Succeeded
		}
	}
}

func (c *Chart) row(id event.Step) *Row {
	if i, ok := c.index[id]; ok {
		return &c.rows[i]
	}
	return c.add(id)
}

func (c *Chart) applyStep(e event.Event) {
	r := c.row(e.Attempt.Step)
	r.changed = e.Seq
	switch p := e.Payload.(type) {
	case *event.StepLaunched:
		r.State = Running
		r.Attempts = append(r.Attempts, Attempt{Number: e.Attempt.Number, Launched: e.Time, Outcome: Running})
	case *event.StepStarted:
		if a := r.attempt(e.Attempt.Number); a != nil {
			a.Started = e.Time
		}
	case *event.StepSucceeded:
		r.settle(e, Succeeded, "")
		r.State, r.Ended = Succeeded, e.Time
	case *event.StepFailed:
		r.settle(e, Failed, p.Error)
		r.State = Retrying
		if p.Final {
			r.State, r.Ended = Failed, e.Time
		}
	case *event.StepRetryScheduled:
		r.State = Retrying
		if a := r.attempt(e.Attempt.Number); a != nil {
			a.NotBefore = p.NotBefore
		}
	case *event.StepRevoked:
		r.settle(e, Canceled, p.Cause)
		r.State = Retrying
	case *event.StepSkipped:
		r.State, r.Ended, r.Cause = Skipped, e.Time, p.Cause
	case *event.StepCanceled:
		r.settle(e, Canceled, p.Cause)
		r.State, r.Ended, r.Cause = Canceled, e.Time, p.Cause
	}
}

// attempt returns an attempt by number; nil when it was never launched.
func (r *Row) attempt(number int) *Attempt {
	for i := len(r.Attempts) - 1; i >= 0; i-- {
		if r.Attempts[i].Number == number {
			return &r.Attempts[i]
		}
	}
	return nil
}

// settle ends the attempt of an event, if it is open.
func (r *Row) settle(e event.Event, outcome State, problem string) {
	a := r.attempt(e.Attempt.Number)
	if a == nil && len(r.Attempts) > 0 {
		a = &r.Attempts[len(r.Attempts)-1]
	}
	if a != nil && a.Outcome == Running {
		a.Ended, a.Outcome, a.Error = e.Time, outcome, problem
	}
}

// derive finds what follows from the states of other steps: when each step was
// ready, and the critical path.
func (c *Chart) derive() {
	if len(c.steps) == 0 || (c.derived == c.seq && c.seq > 0) {
		return
	}
	c.derived = c.seq
	d := deriver{c: c, gates: make([]arrival, len(c.gates)), last: make([]int, len(c.steps))}
	for g, gate := range c.gates {
		d.gates[g] = d.arrive(arrival{step: -1, done: true}, gate.After)
	}
	for i := range c.steps {
		d.ready(i)
	}
	d.markCritical()
}

// deriver holds one derivation.
type deriver struct {
	c     *Chart
	gates []arrival
	// last is the step that each step waited for longest; -1 for none.
	last []int
}

// arrival is when all of some steps were done, and the last of them.
type arrival struct {
	at   time.Time
	step int
	done bool
}

func (d *deriver) arrive(a arrival, steps []int32) arrival {
	for _, s := range steps {
		r := &d.c.rows[s]
		if r.State != Succeeded {
			a.done = false
		}
		if a.step < 0 || r.Ended.After(a.at) {
			a.at, a.step = r.Ended, int(s)
		}
	}
	return a
}

func (d *deriver) ready(i int) {
	s, r := &d.c.steps[i], &d.c.rows[i]
	a := d.arrive(arrival{at: d.c.started, step: -1, done: !d.c.started.IsZero()}, s.After)
	for _, g := range s.Gates {
		gate := d.gates[g]
		a.done = a.done && gate.done
		if gate.step >= 0 && (a.step < 0 || gate.at.After(a.at)) {
			a.at, a.step = gate.at, gate.step
		}
	}
	if a.at.Before(d.c.started) {
		a.at = d.c.started
	}
	d.last[i] = a.step
	state, ready := r.State, time.Time{}
	if a.done {
		ready = a.at
		if state == Waiting {
			state = Ready
		}
	}
	if state != r.State || !ready.Equal(r.Ready) {
		r.State, r.Ready, r.changed = state, ready, d.c.seq
	}
}

// markCritical walks back from the step that ended last, or is still running,
// along what each step waited for.
func (d *deriver) markCritical() {
	critical := make(map[int]bool)
	for i := d.end(); i >= 0; i = d.last[i] {
		critical[i] = true
	}
	for i := range d.c.rows {
		if r := &d.c.rows[i]; r.Critical != critical[i] {
			r.Critical, r.changed = critical[i], d.c.seq
		}
	}
}

// end is the step that the run's end waits for: the running one that was
// launched first, or the one that ended last.
func (d *deriver) end() int {
	running, ended := -1, -1
	for i := range d.c.steps {
		r := &d.c.rows[i]
		if len(r.Attempts) == 0 {
			continue
		}
		switch {
		case r.State == Running || r.State == Retrying:
			if running < 0 || r.Attempts[0].Launched.Before(d.c.rows[running].Attempts[0].Launched) {
				running = i
			}
		case ended < 0 || r.Ended.After(d.c.rows[ended].Ended):
			ended = i
		}
	}
	if running >= 0 && !d.c.finished {
		return running
	}
	return ended
}
