package serve

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/urfave/cli/v2"

	"rivers.io/runtime/daemon/retention"
	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/server"
)

// The variables of the flags of retention.
const (
	graceFlag, graceVariable       = "retention-grace", "RIVERS_RETENTION_GRACE"
	intervalFlag, intervalVariable = "retention-interval", "RIVERS_RETENTION_INTERVAL"
)

func retentionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.DurationFlag{Name: graceFlag, Value: 24 * time.Hour, Usage: "how long a stored value that nothing refers to is left alone (" + graceVariable + ")"},
		&cli.DurationFlag{Name: intervalFlag, Value: time.Hour, Usage: "time between searches for values that nothing refers to; 0 never removes any (" + intervalVariable + ")"},
	}
}

// retentionTimes are how long values are left alone, and how often they are looked
// at.
type retentionTimes struct{ grace, interval time.Duration }

func (p *program) retentionTimes(c *cli.Context) (t retentionTimes, err error) {
	if t.grace, err = p.duration(c, graceFlag, graceVariable); err != nil {
		return t, err
	}
	t.interval, err = p.duration(c, intervalFlag, intervalVariable)
	return t, err
}

// duration returns a flag of a time that is not negative.
func (p *program) duration(c *cli.Context, flag, variable string) (time.Duration, error) {
	d := c.Duration(flag)
	if text, ok := p.env(variable); ok && text != "" && !c.IsSet(flag) {
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			return 0, usage("%s %q is no duration such as 24h or 90m", variable, text)
		}
	}
	if d < 0 {
		return 0, usage("--%s %s is negative", flag, d)
	}
	return d, nil
}

// newSweeper returns what removes values that nothing refers to.
func (e *engine) newSweeper(grace time.Duration) *retention.Sweeper {
	return retention.New(retention.Config{
		Values: objects{e.values}, Handler: iohandler.HandlerName, Graph: e.graph,
		Records: e.records, Exclusive: e.exclusive, Grace: grace, Logger: e.log,
	})
}

// records are all locations of the database: the values of equally named assets of
// theirs may lie together.
func (e *engine) records(ctx context.Context) ([]retention.Record, error) {
	found, err := e.store.Locations(ctx)
	if err != nil {
		return nil, err
	}
	all := []retention.Record{e.location}
	for _, info := range found {
		if info.ID != e.location.ID() {
			all = append(all, e.store.Location(info.ID))
		}
	}
	return all, nil
}

// exclusive reports whether another database refers to values of the store.
func (e *engine) exclusive(ctx context.Context) error {
	claims, err := e.values.Claimants(ctx, 2)
	if err != nil {
		return err
	}
	for _, id := range claims {
		if id != e.database {
			return &retention.SharedError{Claim: iohandler.ClaimPath(id)}
		}
	}
	return nil
}

// claim says in the store of values that this database refers to them.
func (e *engine) claim(ctx context.Context) (err error) {
	if e.database, err = e.store.Identity(ctx); err != nil {
		return fmt.Errorf("identity of the database: %w", err)
	}
	return e.values.Claim(ctx, e.database)
}

// objects are the stored values as retention sees them.
type objects struct{ blob *iohandler.Blob }

var _ retention.Values = objects{}

// Objects implements retention.Values.
func (o objects) Objects(ctx context.Context, asset string) iter.Seq2[retention.Object, error] {
	return func(yield func(retention.Object, error) bool) {
		for found, err := range o.blob.Objects(ctx, asset) {
			if !yield(retention.Object(found), err) {
				return
			}
		}
	}
}

// Directory implements retention.Values.
func (objects) Directory(asset string, key partition.Key) string {
	return iohandler.Directory(asset, key)
}

// Newest implements retention.Values.
func (o objects) Newest(ctx context.Context, directory string) (string, error) {
	return o.blob.Newest(ctx, directory)
}

// Delete implements retention.Values.
func (o objects) Delete(ctx context.Context, path string) error { return o.blob.Delete(ctx, path) }

// pruner sweeps when it is asked to.
type pruner struct{ *retention.Sweeper }

var _ server.Pruner = pruner{}

// Prune implements server.Pruner.
func (p pruner) Prune(ctx context.Context, order server.Prune, report func(server.Pruned) error) error {
	o := retention.Order{Assets: order.Assets, Grace: p.Grace(), DryRun: order.DryRun}
	if order.Grace != nil {
		o.Grace = *order.Grace
	}
	err := p.Sweep(ctx, o, func(r retention.Report) error { return report(pruned(r)) })
	if shared, ok := errors.AsType[*retention.SharedError](err); ok {
		return server.ValuesShared(shared.Claim, shared)
	}
	return err
}

func pruned(r retention.Report) server.Pruned {
	out := server.Pruned{
		Asset: r.Asset, Removed: r.Removed, Bytes: r.Bytes, Objects: r.Objects, Young: r.Young,
		Foreign: r.Foreign, Failed: r.Failed, Problems: r.Problems, Before: r.Before,
	}
	for _, o := range r.Examples {
		out.Examples = append(out.Examples, server.PrunedValue{Path: o.Path, Key: o.Key, Bytes: o.Bytes, Made: o.Made()})
	}
	return out
}
