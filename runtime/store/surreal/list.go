package surreal

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/store"
)

// listSource is one way to walk runs in the order of lists: by a field of their
// heads that has an index with the place, or by the references of a group.
type listSource struct {
	field string // of heads; empty for references
	value string
}

// listedRun is a run with its place in the order.
type listedRun struct {
	run store.Run
	rev string
}

// prefixMost is the most runs that are looked at since their ids share a prefix.
// When more do, walking the runs in order finds a page of them soon.
const prefixMost = 8192

// walkMost is the most runs that one step of a walk reads.
const walkMost = 1000

// ListRuns pages runs, newest first: by time of creation, then by id.
func (l *location) ListRuns(ctx context.Context, filter store.RunFilter, page store.Page) ([]store.Run, string, error) {
	q := store.NewQuery("ListRuns", l.ident, filter)
	key, err := q.Key(page.Token, 3)
	if err != nil {
		return nil, "", err
	}
	match, err := l.partitionMatcher(ctx, filter.Partition)
	if err != nil {
		return nil, "", err
	}
	w := &walk{l: l, filter: filter, match: match, limit: page.Limit() + 1, after: startPlace(filter, key)}
	found, all, err := w.byPrefix(ctx)
	if err == nil && !all {
		found, err = w.bySources(ctx, l.sources(filter))
	}
	if err != nil {
		return nil, "", err
	}
	return cutRuns(q, found, page.Limit())
}

// startPlace is the place after which a list begins.
func startPlace(f store.RunFilter, key []int64) string {
	after := ""
	if !f.Before.IsZero() {
		after = down(f.Before.UnixNano() - 1)
	}
	if key != nil {
		after = max(after, place(key))
	}
	return after
}

// cutRuns merges what several walks found and cuts the page off.
func cutRuns(q store.Query, found []listedRun, limit int) ([]store.Run, string, error) {
	slices.SortFunc(found, func(a, b listedRun) int { return cmp.Compare(a.rev, b.rev) })
	found = slices.CompactFunc(found, func(a, b listedRun) bool { return a.rev == b.rev })
	next := ""
	if len(found) > limit {
		found = found[:limit]
		key, err := placeOf(found[limit-1].rev)
		if err != nil {
			return nil, "", err
		}
		next = q.Token(key...)
	}
	var runs []store.Run
	for _, f := range found {
		runs = append(runs, f.run)
	}
	return runs, next, nil
}

// sources picks the walks that leave out the most.
func (l *location) sources(f store.RunFilter) []listSource {
	refs := func(parts ...string) listSource {
		return listSource{value: group(append([]string{l.ident}, parts...)...)}
	}
	switch {
	case f.Partition != "":
		return []listSource{refs(refKey, f.Partition), refs(refKey, "")}
	case f.TagKey != "" && f.TagValue != "":
		return []listSource{refs(refTag, f.TagKey, f.TagValue)}
	case f.TagKey != "":
		return []listSource{refs(refTag, f.TagKey)}
	case f.Asset != "":
		return []listSource{refs(refAsset, f.Asset)}
	case len(f.Status) > 0:
		var list []listSource
		for _, s := range f.Status {
			list = append(list, listSource{"by_status", group(l.ident, string(s))})
		}
		return list
	case f.LauncherKind != "":
		return []listSource{{"by_launcher", group(l.ident, f.LauncherKind)}}
	}
	return []listSource{{"loc", l.ident}}
}

// walk looks for the first runs that match.
type walk struct {
	l      *location
	filter store.RunFilter
	match  func(*store.Run) bool
	limit  int
	after  string
}

func (w *walk) bySources(ctx context.Context, sources []listSource) ([]listedRun, error) {
	var found []listedRun
	for _, s := range sources {
		got, err := w.source(ctx, s)
		if err != nil {
			return nil, err
		}
		found = append(found, got...)
	}
	return found, nil
}

// source walks one source until enough runs match or it ends.
func (w *walk) source(ctx context.Context, src listSource) ([]listedRun, error) {
	var found []listedRun
	after, size := w.after, min(w.limit, walkMost)
	for {
		rows, err := w.l.listStep(ctx, src, after, size)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			after = r.rev
			if r.run.ID == "" {
				continue
			}
			if !w.filter.After.IsZero() && !r.run.CreatedAt.After(w.filter.After) {
				return found, nil
			}
			if w.matches(&r.run) {
				if found = append(found, r); len(found) == w.limit {
					return found, nil
				}
			}
		}
		if len(rows) < size {
			return found, nil
		}
		size = min(size*4, walkMost)
	}
}

// matches applies the whole filter, of which a source stands for a part.
func (w *walk) matches(run *store.Run) bool {
	f := &w.filter
	switch {
	case len(f.Status) > 0 && !slices.Contains(f.Status, run.Status),
		f.Asset != "" && !slices.Contains(run.Created.Assets, f.Asset),
		f.LauncherKind != "" && run.Created.Launcher.Kind != f.LauncherKind,
		!strings.HasPrefix(run.ID, f.IDPrefix),
		!f.Before.IsZero() && !run.CreatedAt.Before(f.Before),
		!f.After.IsZero() && !run.CreatedAt.After(f.After):
		return false
	}
	if f.TagKey != "" {
		v, ok := run.Created.Tags[f.TagKey]
		if !ok || f.TagValue != "" && v != f.TagValue {
			return false
		}
	}
	return w.match(run)
}

// refRow is a reference with the head that it leads to.
type refRow struct {
	Rev     string `json:"rev"`
	Head    *head  `json:"h"`
	Created []byte `json:"created"`
}

// createdOf is the expression of the order of a run.
func createdOf(ident string) string { return "type::record('run', " + ident + ").created AS created" }

// listStep returns the next runs of a source after a place. Each list is one
// SELECT of its own: in a LET or a closure the engine would not stop at the limit.
func (l *location) listStep(ctx context.Context, src listSource, after string, limit int) ([]listedRun, error) {
	s := newScript()
	if src.field == "" {
		s.answer("SELECT g, rev, type::record('head', [", s.arg(l.ident), ", run]).{", headFields, "} AS h, ", createdOf("run"),
			" FROM ref WHERE g = ", s.arg(src.value), " AND rev > ", s.arg(after), " ORDER BY g, rev LIMIT ", s.arg(limit))
		var refs []refRow
		if err := l.db.read(ctx, "list runs", s, &refs); err != nil {
			return nil, err
		}
		rows := make([]head, len(refs))
		for i, r := range refs {
			if r.Head != nil {
				rows[i] = *r.Head
			}
			rows[i].Rev, rows[i].Created = r.Rev, r.Created
		}
		return listedRuns(l.ident, rows)
	}
	s.answer("SELECT ", headFields, ", ", createdOf("ident"), " FROM head WHERE ", src.field, " = ", s.arg(src.value), " AND rev > ", s.arg(after),
		" ORDER BY ", src.field, ", rev LIMIT ", s.arg(limit))
	return l.headRows(ctx, s)
}

// headRows reads heads with the orders of their runs.
func (l *location) headRows(ctx context.Context, s *script) ([]listedRun, error) {
	var rows []head
	if err := l.db.read(ctx, "list runs", s, &rows); err != nil {
		return nil, err
	}
	return listedRuns(l.ident, rows)
}

// listedRuns makes runs of heads. One that was deleted meanwhile has its place
// and nothing else.
func listedRuns(loc string, rows []head) ([]listedRun, error) {
	list := make([]listedRun, len(rows))
	for i := range rows {
		list[i].rev = rows[i].Rev
		if rows[i].Created == nil || rows[i].Ident == "" {
			continue
		}
		run, err := rows[i].run(loc, rows[i].Created)
		if err != nil {
			return nil, err
		}
		list[i].run = run
	}
	return list, nil
}

// byPrefix looks at the runs whose ids share the prefix that is asked for, and
// reports whether these are not too many.
func (w *walk) byPrefix(ctx context.Context) (found []listedRun, all bool, err error) {
	if w.filter.IDPrefix == "" {
		return nil, false, nil
	}
	s := newScript()
	s.answer("SELECT loc, ident, rev FROM head WHERE loc = ", s.arg(w.l.ident), " AND ident >= ", s.arg(w.filter.IDPrefix),
		" ORDER BY loc, ident LIMIT ", s.arg(prefixMost+1))
	var places []head
	if err := w.l.db.read(ctx, "list runs", s, &places); err != nil {
		return nil, false, err
	}
	for i := range places {
		if !strings.HasPrefix(places[i].Ident, w.filter.IDPrefix) {
			places = places[:i]
			break
		}
	}
	if len(places) > prefixMost {
		return nil, false, nil
	}
	places = slices.DeleteFunc(places, func(h head) bool { return h.Rev <= w.after })
	slices.SortFunc(places, func(a, b head) int { return cmp.Compare(a.Rev, b.Rev) })
	for chunk := range slices.Chunk(places, min(w.limit, walkMost)) {
		rows, err := w.l.headsOf(ctx, chunk)
		if err != nil {
			return nil, false, err
		}
		for _, r := range rows {
			if r.run.ID != "" && w.matches(&r.run) {
				if found = append(found, r); len(found) == w.limit {
					return found, true, nil
				}
			}
		}
	}
	return found, true, nil
}

// headsOf reads heads by their ids, in the order of lists.
func (l *location) headsOf(ctx context.Context, places []head) ([]listedRun, error) {
	ids := make([]models.RecordID, len(places))
	for i := range places {
		ids[i] = l.headID(places[i].Ident)
	}
	s := newScript()
	s.answer("SELECT ", headFields, ", ", createdOf("ident"), " FROM ", s.arg(ids))
	rows, err := l.headRows(ctx, s)
	slices.SortFunc(rows, func(a, b listedRun) int { return cmp.Compare(a.rev, b.rev) })
	return rows, err
}

// Orphans lists the runs that no living executor owns, oldest first.
func (l *location) Orphans(ctx context.Context, limit int) ([]store.Run, error) {
	limit = store.Page{Size: limit}.Limit()
	var found []listedRun
	for _, status := range []store.Status{store.NotStarted, store.Started} {
		got, err := l.orphans(ctx, status)
		if err != nil {
			return nil, err
		}
		found = append(found, got...)
	}
	slices.SortFunc(found, func(a, b listedRun) int { return cmp.Compare(b.rev, a.rev) })
	var runs []store.Run
	for _, f := range found[:min(limit, len(found))] {
		runs = append(runs, f.run)
	}
	return runs, nil
}

// orphans walks the runs of a status to the end: as many as are active.
func (l *location) orphans(ctx context.Context, status store.Status) ([]listedRun, error) {
	src := listSource{"by_status", group(l.ident, string(status))}
	now, err := l.db.now(ctx)
	if err != nil {
		return nil, err
	}
	dead := map[string]bool{}
	var found []listedRun
	for after := ""; ; {
		rows, err := l.listStep(ctx, src, after, walkMost)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			after = r.rev
			if r.run.ID == "" {
				continue
			}
			if store.LeaseHeld(r.run.LeaseEnd, now) {
				gone, known := dead[r.run.Executor]
				if !known {
					if gone, err = l.db.ownerDead(ctx, r.run.Executor); err != nil {
						return nil, err
					}
					dead[r.run.Executor] = gone
				}
				if !gone {
					continue
				}
			}
			found = append(found, r)
		}
		if len(rows) < walkMost {
			return found, nil
		}
	}
}

// now is the engine's time.
func (d *DB) now(ctx context.Context) (time.Time, error) {
	if d.cfg.Now != nil {
		return d.cfg.Now(), nil
	}
	s := newScript()
	s.answer("RETURN ", d.clock(s))
	var ns int64
	err := d.read(ctx, "read the clock", s, &ns)
	return instant(ns), err
}

// partitionMatcher returns whether a run has a step for a key; without a key
// every run matches. The order of keys inside of a range comes from the
// catalogue; ranges of spaces that are declared no more compare as text.
func (l *location) partitionMatcher(ctx context.Context, key string) (func(*store.Run) bool, error) {
	if key == "" {
		return func(*store.Run) bool { return true }, nil
	}
	definitions, err := l.declared(ctx)
	if err != nil {
		return nil, err
	}
	now, err := l.db.now(ctx)
	if err != nil {
		return nil, err
	}
	spaces := store.KeySpaces(definitions)
	return func(run *store.Run) bool { return store.Selects(run.Created.Partitions, key, spaces, now) }, nil
}
