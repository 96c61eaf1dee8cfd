package transfer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"time"

	"rivers.io/runtime/store"
)

// MaxDifferences bounds what a comparison reports.
const MaxDifferences = 20

// placeSlack is how far the place of an event may be moved: where two streams have
// one place, and the target wants them apart.
const placeSlack = 1 << 20

// requestGone is the age at which a request may be forgotten by one side before
// the other.
const requestGone = 23 * time.Hour

// Compare tells how the locations of two sources differ, at most MaxDifferences
// differences; none when they are the same. Their names may differ.
func Compare(ctx context.Context, from, to Source) ([]string, error) {
	v := &comparison{from: from, to: to, progress: func(Progress) {}}
	err := v.run(ctx, nil)
	return v.differences, err
}

type comparison struct {
	from, to    Source
	progress    func(Progress)
	differences []string
}

func (v *comparison) differ(format string, args ...any) {
	if len(v.differences) < MaxDifferences {
		v.differences = append(v.differences, fmt.Sprintf(format, args...))
	}
}

func (v *comparison) full() bool { return len(v.differences) >= MaxDifferences }

// run compares everything. With a catalogue, the target is not listed yet, and is
// to have what that says.
func (v *comparison) run(ctx context.Context, unlisted *Catalogue) error {
	if err := v.catalogues(ctx, unlisted); err != nil {
		return err
	}
	if err := v.streams(ctx); err != nil {
		return err
	}
	if err := v.facts(ctx); err != nil {
		return err
	}
	return v.requests(ctx)
}

func (v *comparison) catalogues(ctx context.Context, unlisted *Catalogue) error {
	a, err := v.from.Catalogue(ctx)
	if err != nil {
		return err
	}
	b, err := v.to.Catalogue(ctx)
	if err != nil {
		return err
	}
	if unlisted != nil {
		if a.Revision != unlisted.Revision {
			v.differ("the catalogue changed while it was copied: revision %d became %d", unlisted.Revision, a.Revision)
		}
	} else if a.Name != b.Name || a.Image != b.Image || a.Hash != b.Hash || a.Revision != b.Revision || a.RegisteredAt != b.RegisteredAt {
		v.differ("the catalogue: %s revision %d of %s, the copy has %s revision %d of %s", a.Name, a.Revision, a.Image, b.Name, b.Revision, b.Image)
	}
	same := slices.EqualFunc(a.Definitions, b.Definitions, func(x, y Definition) bool {
		return x.Name == y.Name && sameJSON(x.Raw, y.Raw)
	})
	if !same {
		v.differ("the definitions of assets")
	}
	if !slices.Equal(a.Removed, b.Removed) {
		v.differ("the removed assets: %v, the copy has %v", a.Removed, b.Removed)
	}
	known := map[string]bool{}
	for _, name := range b.Known {
		known[name] = true
	}
	for _, name := range a.Known {
		if !known[name] {
			v.differ("asset %s is not known to the copy", name)
		}
	}
	return nil
}

func (v *comparison) streams(ctx context.Context) error {
	a, err := collect(v.from.Streams(ctx))
	if err != nil {
		return err
	}
	there := map[string]Stream{}
	for s, err := range v.to.Streams(ctx) {
		if err != nil {
			return err
		}
		there[s.Ident] = s
	}
	at := Progress{Doing: "compare", Total: len(a)}
	for _, s := range a {
		if v.full() {
			return nil
		}
		b, ok := there[s.Ident]
		delete(there, s.Ident)
		if !ok {
			v.differ("%s is not in the copy", name(s))
			continue
		}
		if what := sameStream(&s, &b); what != "" {
			v.differ("%s: %s", name(s), what)
			continue
		}
		if err := v.contents(ctx, s, &at); err != nil {
			return err
		}
		at.Streams++
		v.progress(at)
	}
	for _, s := range there {
		v.differ("%s is in the copy and not in the source: it was deleted there", name(s))
	}
	return nil
}

func name(s Stream) string {
	if s.Run == nil {
		return "stream " + s.Ident
	}
	return "run " + s.Ident
}

// sameStream tells what differs between the heads of source and copy, or nothing.
func sameStream(a, b *Stream) string {
	if a.Seq != b.Seq || a.Time != b.Time {
		return fmt.Sprintf("%d events, the copy has %d", a.Seq, b.Seq)
	}
	if what := differs(a, b); what != "" {
		return what + " in the copy"
	}
	return ""
}

// differs tells what differs between two heads of the same events, or nothing.
func differs(a, b *Stream) string {
	if (a.Run == nil) != (b.Run == nil) {
		return "one is no run"
	}
	if a.Run == nil || reflect.DeepEqual(a.Run, b.Run) {
		return ""
	}
	x, y := reflect.ValueOf(*a.Run), reflect.ValueOf(*b.Run)
	for i := range x.NumField() {
		p, q := x.Field(i).Interface(), y.Field(i).Interface()
		if !reflect.DeepEqual(p, q) {
			return fmt.Sprintf("%s is to be %v, and is %v", x.Type().Field(i).Name, p, q)
		}
	}
	return ""
}

// contents compares the events and the logs of a stream.
func (v *comparison) contents(ctx context.Context, s Stream, at *Progress) error {
	err := lockstep(v.from.Events(ctx, s.Ident, 0), v.to.Events(ctx, s.Ident, 0), func(a, b *Event) bool {
		if b == nil || a == nil || !sameEvent(a, b) {
			v.differ("%s: event %s", name(s), which(a, b, func(e *Event) any { return fmt.Sprintf("%d (%s)", e.Seq, e.Type) }))
			return false
		}
		at.Events++
		return true
	})
	if err != nil || s.Run == nil || s.Run.Logs == 0 {
		return err
	}
	return lockstep(v.from.Logs(ctx, s.Ident), v.to.Logs(ctx, s.Ident), func(a, b *store.LogLine) bool {
		if b == nil || a == nil || !sameLine(a, b) {
			v.differ("%s: log line %s", name(s), which(a, b, func(l *store.LogLine) any { return l.Seq }))
			return false
		}
		at.Lines++
		return true
	})
}

// which names the record in which two sides differ first.
func which[T any](a, b *T, of func(*T) any) string {
	switch {
	case a == nil:
		return fmt.Sprintf("%v is only in the copy", of(b))
	case b == nil:
		return fmt.Sprintf("%v is not in the copy", of(a))
	}
	return fmt.Sprintf("%v, in the copy %v", of(a), of(b))
}

func sameEvent(a, b *Event) bool {
	moved := b.Place - a.Place
	return a.Seq == b.Seq && a.Time == b.Time && a.Type == b.Type && a.Attempt == b.Attempt &&
		(a.Place == 0) == (b.Place == 0) && moved >= 0 && moved < placeSlack && sameJSON(a.Payload, b.Payload)
}

func sameLine(a, b *store.LogLine) bool {
	return a.Seq == b.Seq && a.Time.Equal(b.Time) && a.Attempt == b.Attempt && a.Stream == b.Stream && a.Level == b.Level &&
		a.Text == b.Text && a.Dropped == b.Dropped && bytes.Equal(a.Attrs, b.Attrs)
}

// sameJSON compares texts, and else what they say: a store may write a payload
// that a later build made in another way.
func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y bytes.Buffer
	if json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		return false
	}
	var p, q bytes.Buffer
	json.HTMLEscape(&p, x.Bytes())
	json.HTMLEscape(&q, y.Bytes())
	return bytes.Equal(p.Bytes(), q.Bytes())
}

func (v *comparison) facts(ctx context.Context) error {
	return lockstep(v.from.Facts(ctx), v.to.Facts(ctx), func(a, b *Fact) bool {
		if b == nil || a == nil || !sameFact(a, b) {
			v.differ("what is known about %s", which(a, b, func(f *Fact) any { return fmt.Sprintf("%s[%s]", f.Asset, f.Key) }))
			return false
		}
		return true
	})
}

func sameFact(a, b *Fact) bool {
	if a.Asset != b.Asset || a.Key != b.Key || (a.Made == nil) != (b.Made == nil) || (a.Failed == nil) != (b.Failed == nil) {
		return false
	}
	if p, q := a.Made, b.Made; p != nil {
		if p.Run != q.Run || p.Attempt != q.Attempt || p.Seq != q.Seq || p.Time != q.Time || p.At != q.At || !sameJSON(p.Payload, q.Payload) {
			return false
		}
	}
	p, q := a.Failed, b.Failed
	return p == nil || p.Run == q.Run && p.At == q.At
}

func (v *comparison) requests(ctx context.Context) error {
	there := map[[2]string]Request{}
	for batch, err := range v.to.Requests(ctx) {
		if err != nil {
			return err
		}
		for _, r := range batch {
			there[[2]string{r.Kind, r.ID}] = r
		}
	}
	newest := int64(0)
	var all []Request
	for batch, err := range v.from.Requests(ctx) {
		if err != nil {
			return err
		}
		all = append(all, batch...)
	}
	for _, r := range all {
		newest = max(newest, r.At)
	}
	slices.SortFunc(all, func(a, b Request) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range all {
		got, ok := there[[2]string{r.Kind, r.ID}]
		if !ok && r.At <= newest-int64(requestGone) {
			continue
		}
		if !reflect.DeepEqual(r, got) {
			v.differ("request %s of %s", r.ID, r.Method)
		}
	}
	return nil
}

func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var list []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// lockstep walks two sequences beside each other until both end or visit returns
// false; one that ended gives nil.
func lockstep[T any](left, right iter.Seq2[[]T, error], visit func(a, b *T) bool) error {
	a, b := newCursor(left), newCursor(right)
	defer a.stop()
	defer b.stop()
	for {
		x, err := a.next()
		if err != nil {
			return err
		}
		y, err := b.next()
		if err != nil {
			return err
		}
		if x == nil && y == nil || !visit(x, y) {
			return nil
		}
	}
}

// cursor gives the elements of batches one by one.
type cursor[T any] struct {
	pull  func() ([]T, error, bool)
	stop  func()
	batch []T
}

func newCursor[T any](seq iter.Seq2[[]T, error]) *cursor[T] {
	c := &cursor[T]{}
	c.pull, c.stop = iter.Pull2(seq)
	return c
}

// next returns nil at the end.
func (c *cursor[T]) next() (*T, error) {
	for len(c.batch) == 0 {
		batch, err, ok := c.pull()
		if err != nil || !ok {
			return nil, err
		}
		c.batch = batch
	}
	v := &c.batch[0]
	c.batch = c.batch[1:]
	return v, nil
}
