package sqlite

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"rivers.io/runtime/store"
)

// listSource is one ordered walk over the runs that may match a filter. An
// index gives its order; several walks are merged.
type listSource struct {
	from  string // tables, the first of which gives the order
	order string // prefix of the columns created_at and stream of that order
	id    string // column of the stream in it
	where []string
	args  []any
}

// listedRun is a run with its place in the order.
type listedRun struct {
	run         store.Run
	created, id int64
}

// prefixIndexed is how long a prefix of a run id must be for the index of ids
// to be worth more than walking the runs in order: then it names about a minute.
const prefixIndexed = 8

// ListRuns pages runs, newest first: by time of creation, then by order of it.
func (l *location) ListRuns(ctx context.Context, filter store.RunFilter, page store.Page) ([]store.Run, string, error) {
	q := store.NewQuery("ListRuns", l.ident, filter)
	after, err := q.Key(page.Token, 2)
	if err != nil {
		return nil, "", err
	}
	limit := page.Limit()
	var found []listedRun
	err = l.view(ctx, "list runs", func(c *conn, loc int64) error {
		sources, err := l.sources(c, loc, filter)
		if err != nil {
			return err
		}
		match, err := l.partitionMatcher(c, loc, filter.Partition)
		if err != nil {
			return err
		}
		for _, s := range sources {
			s.residual(loc, filter)
			got, err := l.walk(ctx, c, s, after, limit+1, match)
			if err != nil {
				return err
			}
			found = append(found, got...)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return cutRuns(q, found, limit)
}

// cutRuns merges what several walks found and cuts the page off.
func cutRuns(q store.Query, found []listedRun, limit int) ([]store.Run, string, error) {
	slices.SortFunc(found, func(a, b listedRun) int {
		return cmp.Or(cmp.Compare(b.created, a.created), cmp.Compare(b.id, a.id))
	})
	found = slices.CompactFunc(found, func(a, b listedRun) bool { return a.id == b.id })
	next := ""
	if len(found) > limit {
		found = found[:limit]
		next = q.Token(found[limit-1].created, found[limit-1].id)
	}
	var runs []store.Run
	for _, f := range found {
		runs = append(runs, f.run)
	}
	return runs, next, nil
}

// sources picks the walks that leave out the most.
func (l *location) sources(c *conn, loc int64, f store.RunFilter) ([]*listSource, error) {
	heads := func(index, where string, args ...any) *listSource {
		return &listSource{from: "streams s INDEXED BY " + index, order: "s.created_at", id: "s.id", where: []string{where}, args: args}
	}
	beside := func(table, where string, args ...any) *listSource {
		return &listSource{
			from: table + " x CROSS JOIN streams s ON s.id = x.stream", order: "x.created_at", id: "x.stream",
			where: []string{where}, args: args,
		}
	}
	switch {
	case len(f.IDPrefix) >= prefixIndexed:
		return []*listSource{heads("sqlite_autoindex_streams_1", "s.ident >= ? AND s.ident < ?", f.IDPrefix, f.IDPrefix+"\x7f")}, nil
	case f.Partition != "":
		return []*listSource{
			beside("run_keys", "x.loc = ? AND x.key = ?", loc, f.Partition),
			beside("run_keys", "x.loc = ? AND x.key = ''", loc),
		}, nil
	case f.TagKey != "" && f.TagValue != "":
		return []*listSource{beside("run_tags", "x.loc = ? AND x.key = ? AND x.value = ?", loc, f.TagKey, f.TagValue)}, nil
	case f.TagKey != "":
		return []*listSource{beside("run_tags", "x.loc = ? AND x.key = ?", loc, f.TagKey)}, nil
	case f.Asset != "":
		id, err := l.db.nameID(c, loc, f.Asset)
		if err != nil || id == 0 {
			return nil, err
		}
		return []*listSource{beside("run_assets", "x.asset = ?", id)}, nil
	case len(f.Status) > 0:
		var list []*listSource
		for _, s := range f.Status {
			list = append(list, heads("streams_status", "s.loc = ? AND s.status = ?", loc, statusCodes[s]))
		}
		return list, nil
	case f.LauncherKind != "":
		return []*listSource{heads("streams_launcher", "s.loc = ? AND s.launcher = ?", loc, f.LauncherKind)}, nil
	}
	return []*listSource{heads("streams_created", "s.loc = ?", loc)}, nil
}

// residual adds the whole filter as conditions that no index is chosen by.
func (s *listSource) residual(loc int64, f store.RunFilter) {
	add := func(where string, args ...any) {
		s.where, s.args = append(s.where, where), append(s.args, args...)
	}
	add("+s.loc = ? AND s.status IS NOT NULL", loc)
	if len(f.Status) > 0 {
		marks := make([]string, len(f.Status))
		for i, st := range f.Status {
			marks[i] = "?"
			s.args = append(s.args, statusCodes[st])
		}
		s.where = append(s.where, "+s.status IN ("+strings.Join(marks, ", ")+")")
	}
	if f.Asset != "" {
		add(`EXISTS (SELECT 1 FROM assets a JOIN run_assets ra ON ra.asset = a.id AND ra.created_at = s.created_at AND ra.stream = s.id
			WHERE a.loc = ? AND a.name = ?)`, loc, f.Asset)
	}
	if f.TagKey != "" {
		add(`EXISTS (SELECT 1 FROM run_tags rt WHERE rt.loc = ? AND rt.key = ? AND rt.created_at = s.created_at AND rt.stream = s.id
			AND (? = '' OR rt.value = ?))`, loc, f.TagKey, f.TagValue, f.TagValue)
	}
	if f.LauncherKind != "" {
		add("+s.launcher = ?", f.LauncherKind)
	}
	if f.IDPrefix != "" {
		add("substr(s.ident, 1, ?) = ?", int64(len(f.IDPrefix)), f.IDPrefix)
	}
	if !f.Before.IsZero() {
		add(s.order+" < ?", f.Before.UnixNano())
	}
	if !f.After.IsZero() {
		add(s.order+" > ?", f.After.UnixNano())
	}
}

var errEnough = errors.New("enough rows")

// walk returns the first runs of a source after a place in the order.
func (l *location) walk(ctx context.Context, c *conn, s *listSource, after []int64, limit int, match func(*store.Run) bool) ([]listedRun, error) {
	if after != nil {
		s.where = append(s.where, "("+s.order+", "+s.id+") < (?, ?)")
		s.args = append(s.args, after[0], after[1])
	}
	query := "SELECT " + runColumns + " FROM " + s.from + " CROSS JOIN runs r ON r.stream = s.id CROSS JOIN events e ON e.stream = s.id AND e.seq = 1" +
		" WHERE " + strings.Join(s.where, " AND ") + " ORDER BY " + s.order + " DESC, " + s.id + " DESC"
	var found []listedRun
	err := c.once(ctx, query, func(r row) error {
		run, err := scanRun(r, l.ident)
		if err != nil {
			return err
		}
		if !match(&run) {
			return nil
		}
		found = append(found, listedRun{run: run, created: r.int(6), id: r.int(0)})
		if len(found) == limit {
			return errEnough
		}
		return nil
	}, s.args...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

// Orphans lists the runs that no living executor owns, oldest first.
func (l *location) Orphans(ctx context.Context, limit int) ([]store.Run, error) {
	limit = store.Page{Size: limit}.Limit()
	now := l.db.cfg.Now().UTC()
	var runs []store.Run
	err := l.view(ctx, "list orphans", func(c *conn, loc int64) error {
		var found []listedRun
		for _, status := range []store.Status{store.NotStarted, store.Started} {
			got, err := l.orphans(ctx, c, loc, status, now, limit)
			if err != nil {
				return err
			}
			found = append(found, got...)
		}
		slices.SortFunc(found, func(a, b listedRun) int {
			return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.id, b.id))
		})
		for _, f := range found[:min(limit, len(found))] {
			runs = append(runs, f.run)
		}
		return nil
	})
	return runs, err
}

func (l *location) orphans(ctx context.Context, c *conn, loc int64, status store.Status, now time.Time, limit int) ([]listedRun, error) {
	var found []listedRun
	err := c.each(ctx, `SELECT `+runColumns+` FROM streams s INDEXED BY streams_status CROSS JOIN runs r ON r.stream = s.id
		CROSS JOIN events e ON e.stream = s.id AND e.seq = 1
		WHERE s.loc = ? AND s.status = ? ORDER BY s.created_at, s.id`, func(r row) error {
		run, err := scanRun(r, l.ident)
		if err != nil {
			return err
		}
		if store.LeaseHeld(run.LeaseEnd, now) && !l.db.owners.dead(run.Executor) {
			return nil
		}
		found = append(found, listedRun{run: run, created: r.int(6), id: r.int(0)})
		if len(found) == limit {
			return errEnough
		}
		return nil
	}, loc, statusCodes[status])
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}
