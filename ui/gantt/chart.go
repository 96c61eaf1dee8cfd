package gantt

import (
	"sync"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
)

// State is the state of a step, or the outcome of an attempt, by the letter that
// stands for it on the wire.
type State byte

// The states.
const (
	Waiting   State = 'w'
	Ready     State = 'q'
	Running   State = 'r'
	Retrying  State = 'b'
	Succeeded State = 'm'
	Failed    State = 'f'
	Skipped   State = 'k'
	Canceled  State = 'c'
)

// Attempt is one attempt of a step.
type Attempt struct {
	Number int
	// Launched is when it was ordered, Started when its worker began, and Ended
	// when it was settled; zero when that did not happen.
	Launched, Started, Ended time.Time
	// Outcome is Running, Succeeded, Failed or Canceled (which is what revoked
	// attempts are).
	Outcome State
	Error   string
	// NotBefore is the earliest instant of the next attempt, when there is one.
	NotBefore time.Time
}

// Row is one step.
type Row struct {
	Step     event.Step
	State    State
	Attempts []Attempt
	// Ready is when the last of the steps before it was done; zero when that is
	// still to come.
	Ready time.Time
	// Ended is when the step was over for good.
	Ended time.Time
	// Critical tells that the run would have ended earlier with this step faster.
	Critical bool
	// Previous is how long the step took in the run compared with; 0 when that
	// is not known.
	Previous time.Duration
	// Cause says why the step was skipped or canceled.
	Cause string

	changed uint64
}

// Worked is the time of the attempt that succeeded; 0 when none did.
func (r *Row) Worked() time.Duration {
	for _, a := range r.Attempts {
		if a.Outcome == Succeeded {
			return a.Ended.Sub(a.Launched)
		}
	}
	return 0
}

// Chart is the Gantt chart of one run. It is safe for concurrent use.
type Chart struct {
	mu    sync.Mutex
	rows  []Row
	index map[event.Step]int
	steps []plan.Step
	gates []plan.Gate

	seq                     uint64
	created, started, ended time.Time
	finished                bool
	outcome                 event.Outcome
	// derived is the event up to which derive was done.
	derived uint64
	// earlier is what Compare was given.
	earlier baseline
}

// New returns the chart of a plan, before any event. Without a plan (the
// definitions may have changed since the run) steps appear with their first
// event, and neither waits nor the critical path are known.
func New(steps []plan.Step, gates []plan.Gate) *Chart {
	c := &Chart{steps: steps, gates: gates, index: make(map[event.Step]int, len(steps)), rows: make([]Row, 0, len(steps))}
	for _, s := range steps {
		c.add(s.ID)
	}
	return c
}

func (c *Chart) add(id event.Step) *Row {
	c.index[id] = len(c.rows)
	c.rows = append(c.rows, Row{Step: id, State: Waiting, Previous: c.earlier.of(id), changed: c.seq})
	return &c.rows[len(c.rows)-1]
}

// Seq is the number of the last event that was applied.
func (c *Chart) Seq() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seq
}

// Compare sets what the steps took in an earlier run (S-141). A step that the
// earlier run did not have is compared with its asset there: with the one step,
// or with the median of several. What neither knows has nothing to compare with.
func (c *Chart) Compare(previous map[event.Step]time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.earlier = newBaseline(previous)
	for i := range c.rows {
		c.rows[i].Previous = c.earlier.of(c.rows[i].Step)
		c.rows[i].changed = c.seq
	}
}

// Rows returns all rows in plan order.
func (c *Chart) Rows() []Row {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.derive()
	return append([]Row(nil), c.rows...)
}
