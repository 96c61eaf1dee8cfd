package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

// Block shows a run on a terminal as a block of lines that is drawn again in place:
// a bar with counts, and what runs now. Failures stay above it.
type Block struct {
	w     io.Writer
	width int
	now   func() time.Time

	mu      sync.Mutex
	begun   time.Time
	total   int32
	counts  map[string]int
	running map[string]time.Time
	order   []string // running, oldest first
	waiting bool
	drawn   int // lines on the screen
	stop    chan struct{}
	done    sync.WaitGroup
}

var _ View = (*Block)(nil)

// Frame is the time between two drawings, and rows the most steps shown.
const (
	frame = 100 * time.Millisecond
	rows  = 8
	bar   = 30
)

// NewBlock begins to draw on a terminal of the given width. End must follow.
func NewBlock(w io.Writer, width int, now func() time.Time) *Block {
	v := &Block{
		w: w, width: width, now: now, begun: now(),
		counts: map[string]int{}, running: map[string]time.Time{}, stop: make(chan struct{}),
	}
	v.done.Go(v.animate)
	return v
}

func (v *Block) animate() {
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			v.mu.Lock()
			v.draw()
			v.mu.Unlock()
		case <-v.stop:
			return
		}
	}
}

// Event takes one event into the block.
func (v *Block) Event(e *riversv1.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waiting = false
	name := stepName(e)
	switch p := e.GetPayload().(type) {
	case *riversv1.Event_RunCreated:
		v.total = p.RunCreated.GetSteps()
		v.begun = at(e.GetTime())
		if n := len(p.RunCreated.GetOnly()); n > 0 {
			v.total = int32(n)
		}
	case *riversv1.Event_StepLaunched:
		v.running[name] = at(e.GetTime())
		v.order = append(v.order, name)
	case *riversv1.Event_StepSucceeded:
		v.leave(name, "succeeded")
	case *riversv1.Event_StepFailed:
		state := "failed"
		if !p.StepFailed.GetFinal() {
			state = ""
		}
		v.leave(name, state)
		v.above(eventText(e))
	case *riversv1.Event_StepSkipped:
		v.leave(name, "skipped")
	case *riversv1.Event_StepCanceled:
		v.leave(name, "canceled")
	case *riversv1.Event_StepRevoked:
		v.leave(name, "")
	case *riversv1.Event_RunTakenOver, *riversv1.Event_RunCancelRequested, *riversv1.Event_RunLaunchFailed:
		v.above(eventText(e))
	}
}

// leave takes a step from those that run and counts how it ended.
func (v *Block) leave(name, state string) {
	if state != "" {
		v.counts[state]++
	}
	if _, ok := v.running[name]; ok {
		delete(v.running, name)
		v.order = slices.DeleteFunc(v.order, func(n string) bool { return n == name })
	}
}

// Waiting marks the block.
func (v *Block) Waiting(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waiting = err != nil
}

// End removes the block.
func (v *Block) End() {
	close(v.stop)
	v.done.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erase()
}

// above prints a line that stays.
func (v *Block) above(line string) {
	v.erase()
	v.print(line)
}

func (v *Block) print(line string) {
	_, _ = fmt.Fprintln(v.w, line) // progress is not worth an error
}

// erase moves to the first line of the block and clears what follows.
func (v *Block) erase() {
	if v.drawn > 0 {
		_, _ = fmt.Fprintf(v.w, "\x1b[%dA\x1b[J", v.drawn) // as above
	}
	v.drawn = 0
}

func (v *Block) draw() {
	v.erase()
	for _, line := range v.lines() {
		v.print(cut(line, v.width))
		v.drawn++
	}
}

func (v *Block) lines() []string {
	if v.total == 0 {
		return []string{"starting …  " + output.Duration(v.now().Sub(v.begun))}
	}
	ended := 0
	for _, n := range v.counts {
		ended += n
	}
	filled := 0
	if v.total > 0 {
		filled = min(bar, bar*ended/int(v.total))
	}
	head := fmt.Sprintf("%s%s %d/%d steps  %s", strings.Repeat("█", filled), strings.Repeat("░", bar-filled), ended, v.total,
		output.Duration(v.now().Sub(v.begun)))
	for _, state := range []string{"failed", "skipped", "canceled"} {
		if n := v.counts[state]; n > 0 {
			head += fmt.Sprintf("  %d %s", n, state)
		}
	}
	if v.waiting {
		head += "  waiting for the code location to answer"
	}
	lines := []string{head}
	for i, name := range v.order {
		if i == rows {
			lines = append(lines, fmt.Sprintf("  … and %d more", len(v.order)-rows))
			break
		}
		lines = append(lines, fmt.Sprintf("  ◐ %s  %s", name, output.Duration(v.now().Sub(v.running[name]))))
	}
	return lines
}

// cut shortens a line to the width, so that it stays one line.
func cut(line string, width int) string {
	if r := []rune(line); width > 1 && len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return line
}
