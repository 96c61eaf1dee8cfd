package transfer

import (
	"context"
	"errors"
	"fmt"

	"rivers.io/runtime/store"
)

// Options say how a location is copied.
type Options struct {
	// Origin names the source for people and for the target, which lets only a copy
	// of the same origin go on with what was begun.
	Origin string
	// DryRun reads what would be copied and writes nothing.
	DryRun bool
	// Progress, when not nil, is told now and then how far the copy is.
	Progress func(Progress)
}

// Progress is how far a copy is.
type Progress struct {
	// Doing is "copy" or "compare".
	Doing string
	// Streams are done, of Total.
	Streams, Total int
	Events, Lines  int64
}

// Report is what a copy did.
type Report struct {
	// Runs and Streams of assets the source has; Copied of both were written, the
	// others were there.
	Runs, Streams, Copied int
	Events, Lines         int64
	Facts                 int
	// Active are the runs that are not final: they were copied as released.
	Active []string
	// Resumed tells that a copy which was begun before was taken up.
	Resumed bool
	// Differences are what is not the same after the copy, at most
	// MaxDifferences.
	Differences []string
}

// ErrDiffers tells that source and target are not the same after a copy; the
// report names what.
var ErrDiffers = errors.New("the copy differs from its source")

// Copy copies a location. It may be repeated after it was interrupted: what is
// there is kept. At the end it compares both and, when they are the same, lets the
// location be listed; else it returns ErrDiffers, and may be repeated too.
func Copy(ctx context.Context, from Source, to Target, look Source, o Options) (Report, error) {
	c := &copying{from: from, to: to, look: look, o: o}
	if o.Progress == nil {
		c.o.Progress = func(Progress) {}
	}
	err := c.run(ctx)
	return c.report, err
}

type copying struct {
	from   Source
	to     Target
	look   Source // reads the target
	o      Options
	report Report
	at     Progress
}

func (c *copying) run(ctx context.Context) error {
	catalogue, err := c.from.Catalogue(ctx)
	if err != nil {
		return fmt.Errorf("read the source: %w", err)
	}
	streams, err := collect(c.from.Streams(ctx))
	if err != nil {
		return fmt.Errorf("read the source: %w", err)
	}
	c.count(streams)
	if c.o.DryRun {
		return nil
	}
	if c.report.Resumed, err = c.to.Begin(ctx, c.o.Origin); err != nil {
		return err
	}
	there, err := c.there(ctx)
	if err != nil {
		return err
	}
	for _, s := range streams {
		if err := c.stream(ctx, s, there); err != nil {
			return fmt.Errorf("copy %s: %w", s.Ident, err)
		}
		c.at.Streams++
		c.o.Progress(c.at)
	}
	if err := c.drop(ctx, streams, there); err != nil {
		return err
	}
	return c.rest(ctx, catalogue)
}

// drop removes from the target the runs that were deleted since they were copied.
func (c *copying) drop(ctx context.Context, streams []Stream, there map[string]Stream) error {
	for _, s := range streams {
		delete(there, s.Ident)
	}
	for ident, s := range there {
		if s.Run == nil {
			continue
		}
		if err := c.to.Drop(ctx, ident); err != nil {
			return fmt.Errorf("remove %s, which the source has no more: %w", ident, err)
		}
	}
	return nil
}

func (c *copying) count(streams []Stream) {
	c.at = Progress{Doing: "copy", Total: len(streams)}
	for _, s := range streams {
		if s.Run == nil {
			c.report.Streams++
			continue
		}
		c.report.Runs++
		if !s.Run.Status.Final() {
			c.report.Active = append(c.report.Active, s.Ident)
		}
	}
}

// there are the streams that the target has as a whole.
func (c *copying) there(ctx context.Context) (map[string]Stream, error) {
	known := map[string]Stream{}
	if !c.report.Resumed {
		return known, nil
	}
	for s, err := range c.look.Streams(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read the target: %w", err)
		}
		known[s.Ident] = s
	}
	return known, nil
}

// stream copies what the target lacks of a stream.
func (c *copying) stream(ctx context.Context, s Stream, there map[string]Stream) error {
	old, known := there[s.Ident]
	if known && sameStream(&s, &old) == "" {
		return nil
	}
	c.report.Copied++
	after := int64(0)
	if c.report.Resumed {
		var err error
		if after, err = c.to.Written(ctx, s.Ident); err != nil {
			return err
		}
	}
	if err := c.events(ctx, s, after); err != nil {
		return err
	}
	if s.Run != nil && (s.Run.Logs > 0 || known && old.Run != nil && old.Run.Logs > 0) {
		if err := c.to.WriteLogs(ctx, s, c.lines(ctx, s)); err != nil {
			return err
		}
	}
	return c.to.WriteStream(ctx, s)
}

// events copies the events of a stream above a number, as far as the head knew of
// them.
func (c *copying) events(ctx context.Context, s Stream, after int64) error {
	if after >= s.Seq {
		return nil
	}
	for batch, err := range c.from.Events(ctx, s.Ident, after) {
		if err != nil {
			return err
		}
		batch = upTo(batch, s.Seq)
		if len(batch) == 0 {
			break
		}
		if batch[0].Seq != after+1 {
			return fmt.Errorf("event %d follows event %d: %w", batch[0].Seq, after, store.ErrCorrupt)
		}
		if err := c.to.WriteEvents(ctx, s, batch); err != nil {
			return err
		}
		after = batch[len(batch)-1].Seq
		c.report.Events += int64(len(batch))
		c.at.Events = c.report.Events
		c.o.Progress(c.at)
	}
	if after != s.Seq {
		return fmt.Errorf("%d of %d events are there; a run that is being deleted cannot be copied: %w", after, s.Seq, store.ErrCorrupt)
	}
	return nil
}

// upTo cuts off the events above a number.
func upTo(batch []Event, last int64) []Event {
	for len(batch) > 0 && batch[len(batch)-1].Seq > last {
		batch = batch[:len(batch)-1]
	}
	return batch
}

// lines are the lines of a run up to its last as the head knew it.
func (c *copying) lines(ctx context.Context, s Stream) func(func([]store.LogLine, error) bool) {
	return func(yield func([]store.LogLine, error) bool) {
		for batch, err := range c.from.Logs(ctx, s.Ident) {
			for len(batch) > 0 && int64(batch[len(batch)-1].Seq) > s.Run.Logs { //nolint:gosec // counts up from 1
				batch = batch[:len(batch)-1]
			}
			c.report.Lines += int64(len(batch))
			c.at.Lines = c.report.Lines
			if !yield(batch, err) || err != nil {
				return
			}
		}
	}
}

// rest copies what belongs to no stream, and compares.
func (c *copying) rest(ctx context.Context, catalogue Catalogue) error {
	if err := c.to.WriteCatalogue(ctx, catalogue); err != nil {
		return fmt.Errorf("copy the catalogue: %w", err)
	}
	for batch, err := range c.from.Facts(ctx) {
		if err == nil {
			err = c.to.WriteFacts(ctx, batch)
		}
		if err != nil {
			return fmt.Errorf("copy what is known about partitions: %w", err)
		}
		c.report.Facts += len(batch)
	}
	for batch, err := range c.from.Requests(ctx) {
		if err == nil {
			err = c.to.WriteRequests(ctx, batch)
		}
		if err != nil {
			return fmt.Errorf("copy remembered requests: %w", err)
		}
	}
	v := &comparison{from: c.from, to: c.look, progress: c.o.Progress}
	err := v.run(ctx, &catalogue)
	c.report.Differences = v.differences
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if len(v.differences) > 0 {
		return fmt.Errorf("%d differences, the first: %s: %w", len(v.differences), v.differences[0], ErrDiffers)
	}
	return c.to.Finish(ctx, catalogue)
}
