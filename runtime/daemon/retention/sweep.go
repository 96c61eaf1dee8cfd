package retention

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rivers.io/runtime/partition"
)

// batch is how many candidates are settled together.
const batch = 1000

// sweep looks at one asset.
type sweep struct {
	*Sweeper
	records []Record
	rules   Rules
	dry     bool
	report  Report

	sources    []*source
	references *sketch // nil until the first object is old enough
	candidates []Object
}

// run looks at every object. Its error says why it ended before the last one.
func (w *sweep) run(ctx context.Context) error {
	for o, err := range w.cfg.Values.Objects(ctx, w.report.Asset) {
		if err != nil {
			return err
		}
		if err := w.consider(ctx, o); err != nil {
			return err
		}
		if len(w.candidates) == batch {
			if err := w.settle(ctx); err != nil {
				return err
			}
		}
	}
	return w.settle(ctx)
}

// consider makes a candidate of an object that no reference seems to name.
func (w *sweep) consider(ctx context.Context, o Object) error {
	w.report.Objects++
	switch {
	case o.Foreign():
		w.report.Foreign++
		return nil
	case !w.rules.Old(o):
		w.report.Young++
		return nil
	}
	if w.references == nil {
		if err := w.readReferences(ctx); err != nil {
			return err
		}
	}
	w.candidates = append(w.candidates, Unreferenced([]Object{o}, w.rules, w.references.has)...)
	return nil
}

func (w *sweep) readReferences(ctx context.Context) error {
	var err error
	if w.sources, err = sourcesOf(ctx, w.records, w.report.Asset); err != nil {
		return err
	}
	all := newSketch()
	for _, src := range w.sources {
		if err := src.news(ctx, w.cfg.Handler, all.add); err != nil {
			return err
		}
	}
	w.references = all
	return nil
}

// settle removes the candidates that nothing refers to, now that they are listed:
// neither an event recorded since, nor what is kept of a deleted run, nor a
// pointer.
func (w *sweep) settle(ctx context.Context) error {
	if len(w.candidates) == 0 {
		return nil
	}
	objects := w.candidates
	w.candidates = nil
	exact := map[uuid.UUID]bool{}
	visit := func(id uuid.UUID) {
		w.references.add(id)
		exact[id] = true
	}
	if err := w.heed(ctx); err != nil {
		return err
	}
	keys, objects := w.keys(objects)
	for _, src := range w.sources {
		if err := src.news(ctx, w.cfg.Handler, visit); err != nil {
			return err
		}
		if err := src.latest(ctx, keys, w.cfg.Handler, visit); err != nil {
			return err
		}
	}
	objects = w.unpointed(ctx, objects)
	for _, o := range Unreferenced(objects, w.rules, func(id uuid.UUID) bool { return exact[id] }) {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.remove(ctx, o)
	}
	return nil
}

// heed lets the runs count that began since the sweep did: their values look older
// than they are where clocks differ. A run that ends after this is protected by it,
// and one that ended before is found in the events that are read next.
func (w *sweep) heed(ctx context.Context) error {
	oldest, err := oldestActive(ctx, w.records)
	if err != nil {
		return err
	}
	if first := w.rules.OldestActive; !oldest.IsZero() && (first.IsZero() || oldest.Before(first)) {
		w.rules.OldestActive = oldest
	}
	return nil
}

// keys returns every key that may have its newest value in the directories of the
// objects, and the objects of which one can be told. Directories are compared
// without regard to case, as some stores do.
func (w *sweep) keys(objects []Object) ([]partition.Key, []Object) {
	found := map[partition.Key]bool{}
	wanted := map[string]bool{} // directory: whether it is one of a key that is known
	for _, o := range objects {
		dir := directoryOf(o.Path)
		wanted[dir] = wanted[dir] || o.KeyKnown
		if o.KeyKnown {
			found[o.Key] = true
		}
	}
	w.declared(func(key partition.Key) {
		dir := strings.ToLower(w.cfg.Values.Directory(w.report.Asset, key))
		if _, ok := wanted[dir]; ok {
			wanted[dir] = true
			found[key] = true
		}
	})
	var known []Object
	for _, o := range objects {
		if wanted[directoryOf(o.Path)] {
			known = append(known, o)
			continue
		}
		w.report.Failed++
		w.report.problem(fmt.Errorf("%s: nobody can tell whose key this is", o.Path))
	}
	return slices.Sorted(maps.Keys(found)), known
}

func directoryOf(path string) string { return strings.ToLower(path[:strings.LastIndex(path, "/")+1]) }

// declared visits the keys that the asset has now.
func (w *sweep) declared(visit func(partition.Key)) {
	i, ok := w.cfg.Graph.Index(w.report.Asset)
	if !ok || w.cfg.Graph.Space(i) == nil {
		return
	}
	space := w.cfg.Graph.Space(i)
	for n := range space.Count(w.rules.Now) {
		if key, ok := space.Key(n, w.rules.Now); ok {
			visit(key)
		}
	}
}

// unpointed leaves out what the pointer beside it names. Where the pointer cannot
// be read, everything beside it stays.
func (w *sweep) unpointed(ctx context.Context, objects []Object) []Object {
	named := map[string]string{} // directory: path, or "?" when it cannot be read
	var out []Object
	for _, o := range objects {
		dir := o.Path[:strings.LastIndex(o.Path, "/")+1]
		path, read := named[dir]
		if !read {
			var err error
			if path, err = w.cfg.Values.Newest(ctx, dir); err != nil {
				w.report.problem(err)
				path = unreadable
			}
			named[dir] = path
		}
		switch path {
		case unreadable:
			w.report.Failed++
		case o.Path:
		default:
			out = append(out, o)
		}
	}
	return out
}

// unreadable stands for what a pointer names that could not be read.
const unreadable = "?"

func (w *sweep) remove(ctx context.Context, o Object) {
	if !w.dry {
		if err := w.cfg.Values.Delete(ctx, o.Path); err != nil {
			w.report.Failed++
			w.report.problem(err)
			return
		}
	}
	w.report.removed(o)
}
