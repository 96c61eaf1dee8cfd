package run

import (
	"fmt"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
)

// Policy returns the retry policy that applies to a step's asset, given by its
// index in the graph; nil means that nothing is retried.
type Policy func(asset int) *asset.RetryPolicy

// Machine is the state of one run. It is not safe for concurrent use.
type Machine struct {
	plan   *plan.Plan
	policy Policy
	steps  []state
	gates  []gate
	// consumers of a step or gate: the steps and gates that wait for it.
	consumers *consumers

	// queue holds every ready step, and steps that have ceased to be ready
	// since; ready counts the former.
	queue    indexHeap
	ready    int
	retrying timeHeap
	// skips are steps whose upstream ended without success, in order of
	// discovery; sweep is the cursor of a cancellation over all steps.
	skips    []int
	stops    []int
	sweep    int
	canceled bool
	// condemned is the cause with which an executor began to end the run.
	condemned string
	finished  *event.RunFinished
	// restarts counts the takeovers since a step last ended.
	restarts int
	counts   event.Counts
	first    string
}

// New returns the machine of a run that has not begun.
func New(p *plan.Plan, policy Policy) *Machine {
	m := &Machine{
		plan: p, policy: policy,
		steps: make([]state, len(p.Steps)), gates: make([]gate, len(p.Gates)),
		consumers: consumersOf(p),
		counts:    event.Counts{Total: len(p.Steps)},
	}
	for i, g := range p.Gates {
		m.gates[i].pending = len(g.After)
	}
	for i, s := range p.Steps {
		m.steps[i].pending = len(s.After)
		for _, g := range s.Gates {
			if m.gates[g].pending > 0 {
				m.steps[i].pending++
			}
		}
		if m.steps[i].pending == 0 {
			m.makeReady(i)
		}
	}
	return m
}

// Plan returns the plan that the machine carries out.
func (m *Machine) Plan() *plan.Plan { return m.plan }

// Step returns the state of the step with the given index.
func (m *Machine) Step(i int) View {
	s := m.steps[i]
	return View{Status: s.status, Attempt: s.attempt, Failures: s.failures, NotBefore: s.notBefore}
}

// Counts returns how many steps ended, and how.
func (m *Machine) Counts() event.Counts { return m.counts }

// CancelRequested reports whether someone asked for the run's end.
func (m *Machine) CancelRequested() bool { return m.canceled }

// Restarts returns how often the run was taken over since one of its steps last
// ended. A run that loses its executor again and again without getting on has a
// step that ends the process.
func (m *Machine) Restarts() int { return m.restarts }

// Condemned returns the cause with which an executor began to end every step of
// a run that it could not carry out, or nothing. Such a run is not to be carried
// on: whoever takes it over ends the rest.
func (m *Machine) Condemned() string { return m.condemned }

// Finished returns the end of the run, or nil.
func (m *Machine) Finished() *event.RunFinished { return m.finished }

// Running lists the attempts that were launched and have not ended.
func (m *Machine) Running() []event.Attempt {
	var out []event.Attempt
	for i := range m.steps {
		if m.steps[i].status == Running {
			out = append(out, m.attempt(i))
		}
	}
	return out
}

func (m *Machine) attempt(i int) event.Attempt {
	return event.Attempt{Step: m.plan.Steps[i].ID, Number: m.steps[i].attempt}
}

// Ready returns the number of steps that could be launched at once.
func (m *Machine) Ready() int { return m.ready }

// Apply folds one event. Events of unknown types, and those that tell the
// machine nothing, are ignored. An error means that the event contradicts the
// state; the machine is then of no further use.
func (m *Machine) Apply(e event.Event) error {
	switch p := e.Payload.(type) {
	case *event.RunCancelRequested:
		m.requestCancel()
		return nil
	case *event.RunFinished:
		m.finished = p
		return nil
	case *event.RunTakenOver:
		m.restarts++
		return nil
	case *event.StepSucceeded, *event.StepFailed:
		m.restarts = 0
	}
	if e.Attempt.IsZero() {
		return nil
	}
	i, ok := m.plan.Lookup(e.Attempt.Step)
	if !ok {
		return fmt.Errorf("%s names step %s, which the plan does not have", e.Type(), e.Attempt.Step)
	}
	if err := m.applyStep(i, e); err != nil {
		return fmt.Errorf("%s of %s: %w", e.Type(), e.Attempt, err)
	}
	return nil
}

func (m *Machine) applyStep(i int, e event.Event) error {
	switch p := e.Payload.(type) {
	case *event.StepLaunched:
		return m.launched(i, e.Attempt.Number)
	case *event.StepSucceeded:
		if err := m.expectRunning(i, e.Attempt.Number); err != nil {
			return err
		}
		m.succeed(i)
	case *event.StepFailed:
		if err := m.expectRunning(i, e.Attempt.Number); err != nil {
			return err
		}
		m.failed(i, p)
	case *event.StepRetryScheduled:
		return m.retryScheduled(i, p.NotBefore)
	case *event.StepRevoked:
		if err := m.expectRunning(i, e.Attempt.Number); err != nil {
			return err
		}
		m.makeReady(i)
	case *event.StepSkipped:
		byExecutor := p.By.IsZero() && p.Cause != ""
		if s := m.steps[i].status; s != Waiting && (!byExecutor || s.Terminal() || s == Running) {
			return fmt.Errorf("the step is %s", s)
		}
		if byExecutor {
			m.condemn(p.Cause)
		}
		m.end(i, Skipped, p.By)
	case *event.StepCanceled:
		if s := m.steps[i].status; s.Terminal() {
			return fmt.Errorf("the step is %s already", s)
		}
		if !m.canceled {
			m.condemn(p.Cause)
		}
		m.end(i, Canceled, m.plan.Steps[i].ID)
	}
	return nil
}

func (m *Machine) expectRunning(i, attempt int) error {
	s := &m.steps[i]
	if s.status != Running || s.attempt != attempt {
		return fmt.Errorf("the step is %s in attempt %d", s.status, s.attempt)
	}
	return nil
}

func (m *Machine) launched(i, attempt int) error {
	s := &m.steps[i]
	if s.status != Ready && s.status != Retrying {
		return fmt.Errorf("the step is %s", s.status)
	}
	if attempt != s.attempt+1 {
		return fmt.Errorf("the newest attempt is %d", s.attempt)
	}
	m.move(i, Running)
	s.attempt, s.stopping = attempt, false
	if m.canceled {
		m.stops = append(m.stops, i)
	}
	return nil
}

func (m *Machine) succeed(i int) {
	m.move(i, Succeeded)
	m.counts.Succeeded++
	for _, c := range m.consumers.ofStep(i) {
		if c.gate >= 0 {
			m.passGate(c.gate)
		} else {
			m.pass(c.step)
		}
	}
}

func (m *Machine) passGate(g int) {
	m.gates[g].pending--
	if m.gates[g].pending == 0 {
		for _, c := range m.consumers.ofGate(g) {
			m.pass(c)
		}
	}
}

func (m *Machine) pass(i int) {
	s := &m.steps[i]
	s.pending--
	if s.pending == 0 && s.status == Waiting {
		m.makeReady(i)
	}
}

func (m *Machine) makeReady(i int) {
	m.move(i, Ready)
	if s := &m.steps[i]; !s.queued {
		s.queued = true
		m.queue.push(i)
	}
}

// take removes the first ready step from the queue, and is false when there is
// none.
func (m *Machine) take() (int, bool) {
	for m.queue.len() > 0 {
		i := m.queue.pop()
		m.steps[i].queued = false
		if m.steps[i].status == Ready {
			return i, true
		}
	}
	return 0, false
}

// move changes the state of a step and keeps the number of ready ones.
func (m *Machine) move(i int, to Status) {
	s := &m.steps[i]
	if s.status == Ready {
		m.ready--
	}
	if to == Ready {
		m.ready++
	}
	s.status = to
}

func (m *Machine) failed(i int, p *event.StepFailed) {
	s := &m.steps[i]
	if !p.Final {
		s.failures++
		// The schedule follows in the same append; until then the step may
		// start at once.
		m.makeReady(i)
		return
	}
	if m.first == "" {
		m.first = fmt.Sprintf("step %s failed: %s", m.plan.Steps[i].ID, firstLine(p.Error))
	}
	m.end(i, Failed, m.plan.Steps[i].ID)
}

func (m *Machine) retryScheduled(i int, notBefore time.Time) error {
	s := &m.steps[i]
	if s.status != Ready || s.failures == 0 {
		return fmt.Errorf("the step is %s", s.status)
	}
	m.move(i, Retrying)
	s.notBefore = notBefore
	m.retrying.push(notBefore, i)
	return nil
}

// end makes a step terminal without success and lets what waits for it know.
func (m *Machine) end(i int, status Status, cause event.Step) {
	m.move(i, status)
	m.steps[i].cause = cause
	switch status {
	case Failed:
		m.counts.Failed++
	case Skipped:
		m.counts.Skipped++
	default:
		m.counts.Canceled++
	}
	for _, c := range m.consumers.ofStep(i) {
		if c.gate >= 0 {
			m.breakGate(c.gate, cause)
		} else {
			m.doom(c.step, cause)
		}
	}
}

func (m *Machine) breakGate(g int, cause event.Step) {
	if m.gates[g].broken {
		return
	}
	m.gates[g].broken = true
	for _, d := range m.consumers.ofGate(g) {
		m.doom(d, cause)
	}
}

// doom marks a waiting step to be skipped; the first cause is kept.
func (m *Machine) doom(i int, cause event.Step) {
	s := &m.steps[i]
	if s.status == Waiting && s.cause.IsZero() {
		s.cause = cause
		m.skips = append(m.skips, i)
	}
}

// condemn keeps the first cause with which a step ended that neither an upstream
// step nor a request ended.
func (m *Machine) condemn(cause string) {
	if m.condemned == "" {
		m.condemned = cause
	}
}

func (m *Machine) requestCancel() {
	if m.canceled {
		return
	}
	m.canceled = true
	for i := range m.steps {
		if m.steps[i].status == Running {
			m.stops = append(m.stops, i)
		}
	}
}
