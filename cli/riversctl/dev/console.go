package dev

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"rivers.io/cli/riversctl/output"
	"rivers.io/cli/riversctl/supervise"
)

// console is the terminal of dev; several goroutines write to it.
type console struct {
	mu    sync.Mutex
	w     io.Writer
	last  supervise.Status
	shown bool // the addresses were printed
	// farewell says what Ctrl-C does.
	farewell string
	// addresses are printed once the location serves.
	addresses func() []string
}

func (c *console) print(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line(format, args...)
}

// line prints with the lock held.
func (c *console) line(format string, args ...any) {
	_, _ = fmt.Fprintf(c.w, format+"\n", args...) // a terminal that is gone is no reason to stop
}

// child prints a line of the pipeline's own.
func (c *console) child(name, text string) { c.print("%s │ %s", name, output.Clean(text)) }

func (c *console) built(id string, took time.Duration) {
	c.print("built %s in %s", buildName(id), output.Duration(took))
}

// report prints what changed since the last status.
func (c *console) report(now supervise.Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.last
	c.last = now
	if now.Building && !before.Building {
		c.line("building …")
	}
	if now.BuildError != before.BuildError && now.BuildError != "" {
		c.failure("the build failed"+consequence(now, "save a file to try again"), now.BuildError)
	}
	if now.BuildError == "" && before.BuildError != "" {
		c.line("the build is mended")
	}
	if now.Problem != before.Problem && now.Problem != "" {
		next := "it is started again"
		if now.Held {
			next = "it is not started again: mend the database or the build, and save a file to try again"
		}
		c.failure("the pipeline does not run"+consequence(now, next), now.Problem)
	}
	if now.Phase == supervise.Serving && now.Generation != before.Generation {
		c.serving(now)
	}
}

// consequence says what a failure means for who uses the pipeline: the build before
// it goes on, or else what comes next.
func consequence(now supervise.Status, next string) string {
	if now.Phase == supervise.Serving {
		return "; the build before it goes on serving"
	}
	return "; " + next
}

func (c *console) failure(what, text string) {
	c.line("\n✕ %s", what)
	for line := range strings.Lines(text) {
		c.line("  %s", output.Clean(strings.TrimRight(line, "\r\n")))
	}
	c.line("")
}

func (c *console) serving(now supervise.Status) {
	older := ""
	if now.Draining > 1 { // the build just replaced is one of them
		older = "; " + output.Count(now.Draining, "older build") + " still running"
	}
	c.line("● %s serves%s", buildName(now.Build), older)
	if c.shown {
		return
	}
	c.shown = true
	c.line("")
	for _, a := range c.addresses() {
		c.line("  %s", a)
	}
	c.line("\n%s\n", c.farewell)
}
