package run

import (
	"fmt"
	"time"

	"rivers.io/runtime/event"
)

// MaxCommands bounds what one Next answers, so that no append grows without
// limit. A caller asks again after it applied what it was told.
const MaxCommands = 1024

// Next answers what is to be done at now by a caller that can launch free more
// attempts. It changes nothing that the implied events would not change when
// they are applied, except that a Stop is given once. Its cost is that of the
// commands it gives, not of the run.
//
// The last command is Wait when nothing but time lets the run go on, and
// Finish when every step has ended.
func (m *Machine) Next(now time.Time, free int) []Command {
	if m.finished != nil {
		return nil
	}
	var out []Command
	out = m.giveStops(out)
	if m.canceled {
		out = m.giveCancels(out)
	} else {
		out = m.giveSkips(out)
		out = m.giveLaunches(out, now, free)
	}
	return m.giveEnd(out)
}

func (m *Machine) giveStops(out []Command) []Command {
	for _, i := range m.stops {
		if s := &m.steps[i]; s.status == Running && !s.stopping {
			s.stopping = true
			out = append(out, Stop{Step: i, Attempt: m.attempt(i)})
		}
	}
	m.stops = m.stops[:0]
	return out
}

// giveCancels walks over all steps once, in plan order; afterwards it takes the
// steps that became ready behind the walk, because their attempt was revoked.
func (m *Machine) giveCancels(out []Command) []Command {
	given := 0
	for ; m.sweep < len(m.steps) && given < MaxCommands; m.sweep++ {
		if s := m.steps[m.sweep].status; !s.Terminal() && s != Running {
			given++
			out = append(out, Cancel{Step: m.sweep, ID: m.plan.Steps[m.sweep].ID})
		}
	}
	if given > 0 {
		return out
	}
	for ; given < MaxCommands; given++ {
		i, ok := m.take()
		if !ok {
			break
		}
		out = append(out, Cancel{Step: i, ID: m.plan.Steps[i].ID})
	}
	return out
}

func (m *Machine) giveSkips(out []Command) []Command {
	n := min(len(m.skips), MaxCommands)
	for _, i := range m.skips[:n] {
		s := &m.steps[i]
		if s.status != Waiting {
			continue
		}
		out = append(out, Skip{Step: i, ID: m.plan.Steps[i].ID, Why: event.StepSkipped{
			Cause: fmt.Sprintf("upstream step %s did not succeed", s.cause), By: s.cause,
		}})
	}
	m.skips = m.skips[n:]
	return out
}

func (m *Machine) giveLaunches(out []Command, now time.Time, free int) []Command {
	m.wakeRetries(now)
	for ; free > 0 && len(out) < MaxCommands; free-- {
		i, ok := m.take()
		if !ok {
			break
		}
		a := m.attempt(i)
		a.Number++
		out = append(out, Launch{Step: i, Attempt: a})
	}
	return out
}

func (m *Machine) giveEnd(out []Command) []Command {
	ended := m.counts.Succeeded + m.counts.Failed + m.counts.Skipped + m.counts.Canceled
	if ended == m.counts.Total {
		return append(out, Finish{Result: m.result()})
	}
	if len(out) == 0 && m.ready == 0 && m.retrying.len() > 0 && !m.canceled {
		out = append(out, Wait{Until: m.retrying.first()})
	}
	return out
}

// result follows D-151: a cancel request seen, else any failed step, else
// success.
func (m *Machine) result() event.RunFinished {
	r := event.RunFinished{Outcome: event.Succeeded, Counts: m.counts}
	switch {
	case m.canceled:
		r.Outcome, r.Cause = event.Canceled, "canceled on request"
	case m.counts.Failed > 0:
		r.Outcome, r.Cause = event.Failed, m.first
		if n := m.counts.Failed - 1; n > 0 {
			r.Cause += fmt.Sprintf(" (and %d more)", n)
		}
	}
	return r
}

// Want makes the retries that are due ready, and returns how many steps could
// be launched now.
func (m *Machine) Want(now time.Time) int {
	m.wakeRetries(now)
	return m.ready
}

func (m *Machine) wakeRetries(now time.Time) {
	for m.retrying.len() > 0 && !m.retrying.first().After(now) {
		if i := m.retrying.pop(); m.steps[i].status == Retrying {
			m.makeReady(i)
		}
	}
}
