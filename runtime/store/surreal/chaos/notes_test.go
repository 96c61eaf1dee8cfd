package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// notes are what the writers were told.
type notes struct {
	mu     sync.Mutex
	runs   []*runNote
	seen   []seenNote
	unique int
}

func newNotes() *notes { return &notes{} }

// runNote is what was told about one run.
type runNote struct {
	id      string
	request string
	order   store.NewRun

	mu       sync.Mutex
	appends  []appendNote
	claims   map[uint64]string // epoch to executor
	admitted int
	canceled int
	finished bool
	tokens   []tokenNote
	logs     []logNote
}

// appendNote is an append that was answered for good.
type appendNote struct {
	writer  string
	counter uint64
	parts   []store.Part
	ack     store.Appended
	err     error // why it was refused
}

// tokenNote is an attempt whose launch was acknowledged.
type tokenNote struct {
	attempt event.Attempt
	token   string
}

// logNote is one call of AppendLogs: acknowledged, or of unknown fate.
type logNote struct {
	texts []string
	known bool
}

// seenNote is an observation: acknowledged, or of unknown fate.
type seenNote struct {
	asset, version string
	seq            uint64
	known          bool
}

// next returns a text that nothing else in the world has.
func (n *notes) next(what string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.unique++
	return fmt.Sprintf("%s-%d", what, n.unique)
}

func (n *notes) add(r *runNote) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.runs = append(n.runs, r)
}

func (n *notes) observed(s seenNote) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, s)
}

// pick returns a run that is not known to be finished, mostly a young one, or nil.
func (n *notes) pick(draw *rand.Rand) *runNote {
	n.mu.Lock()
	defer n.mu.Unlock()
	var open []*runNote
	for _, r := range n.runs {
		if !r.over() {
			open = append(open, r)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return open[draw.IntN(len(open))]
}

// open is how many runs are not known to be finished.
func (n *notes) open() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	open := 0
	for _, r := range n.runs {
		if !r.over() {
			open++
		}
	}
	return open
}

func (r *runNote) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.finished
}

func (r *runNote) note(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// token returns some attempt that was launched.
func (r *runNote) token(draw *rand.Rand) (tokenNote, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.tokens) == 0 {
		return tokenNote{}, false
	}
	return r.tokens[max(len(r.tokens)-1-draw.IntN(5), 0)], true
}
