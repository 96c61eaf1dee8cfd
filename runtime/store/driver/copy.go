package driver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// CopyOptions say what of a database is copied.
type CopyOptions struct {
	// Location is the identity or the name of a location; empty means all.
	Location string
	// Identity, when not empty, is the identity that the copy of the one location
	// gets.
	Identity string
	// DryRun tells what would be copied, and opens the target for reading alone.
	DryRun bool
	// Progress, when not nil, is told how far the copy of a location is.
	Progress func(location string, p transfer.Progress)
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

// Copied is one location that was copied, as far as that went.
type Copied struct {
	// Name is the name of the location; From and To are its identities in both
	// databases.
	Name, From, To string
	transfer.Report
}

// copier is what a driver offers that can be copied from and to.
type copier interface {
	store.Store
	transfer.Database
}

// Copy copies locations from one database to another, of whatever kinds; see
// transfer.Copy. A target that is not there is made. It returns what was done also
// when it fails. Errors are those of Open; store.ErrNotFound for a location that
// the source does not have, store.ErrExists for one that the target has,
// store.ErrInvalid for databases and identities that cannot be meant, and
// transfer.ErrDiffers.
func Copy(ctx context.Context, from, to Database, o CopyOptions) ([]Copied, error) {
	if from.same(to) {
		return nil, fmt.Errorf("%s is source and target; a run keeps its id, which a database holds once: %w", from, store.ErrInvalid)
	}
	source, err := from.copier(ctx, ReadOnly, o.Logger)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	list, err := choose(ctx, from, source, o)
	if err != nil {
		return nil, errors.Join(err, source.Close())
	}
	target, err := to.target(ctx, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the target: %w", err), source.Close())
	}
	var done []Copied
	for _, info := range list {
		c := Copied{Name: info.Name, From: info.ID, To: info.ID}
		if o.Identity != "" {
			c.To = o.Identity
		}
		if c.Report, err = copyOne(ctx, source, target, c, from.String(), o); err != nil {
			err = fmt.Errorf("location %s: %w", c.From, from.explain(to.explain(err)))
			done = append(done, c)
			break
		}
		done = append(done, c)
	}
	err = errors.Join(err, source.Close())
	if target != nil {
		err = errors.Join(err, target.Close())
	}
	return done, err
}

func copyOne(ctx context.Context, source, target copier, c Copied, origin string, o CopyOptions) (transfer.Report, error) {
	opt := transfer.Options{Origin: origin + " " + c.From, DryRun: o.DryRun}
	if o.Progress != nil {
		opt.Progress = func(p transfer.Progress) { o.Progress(c.From, p) }
	}
	if target == nil {
		return transfer.Copy(ctx, source.Export(c.From), nil, nil, opt)
	}
	return transfer.Copy(ctx, source.Export(c.From), target.Import(c.To), target.Export(c.To), opt)
}

// target opens the database that is written to; none for a dry run.
func (d Database) target(ctx context.Context, o CopyOptions) (copier, error) {
	if !o.DryRun {
		return d.copier(ctx, ReadWrite, o.Logger)
	}
	if _, err := d.Inspect(ctx); err != nil && !errors.Is(err, store.ErrNotReady) {
		return nil, err
	}
	return nil, nil
}

func (d Database) copier(ctx context.Context, mode Mode, log *slog.Logger) (copier, error) {
	db, err := d.Open(ctx, Options{Mode: mode, Logger: log})
	if err != nil {
		return nil, err
	}
	c, ok := db.(copier)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s: rivers cannot copy a database of this kind: %w", d, store.ErrInvalid), db.Close())
	}
	return c, nil
}

// same reports whether two descriptions are of one database.
func (d Database) same(other Database) bool {
	if d.String() == other.String() {
		return true
	}
	if !d.Embedded() || !other.Embedded() {
		return false
	}
	a, aerr := os.Stat(d.Path)
	b, berr := os.Stat(other.Path)
	return aerr == nil && berr == nil && os.SameFile(a, b)
}

// choose returns the locations to copy.
func choose(ctx context.Context, from Database, source copier, o CopyOptions) ([]store.LocationInfo, error) {
	all, err := source.Locations(ctx)
	if err != nil {
		return nil, err
	}
	if o.Identity != "" {
		if err := store.CheckID("location id", o.Identity); err != nil {
			return nil, err
		}
	}
	if o.Location == "" {
		switch {
		case len(all) == 0:
			return nil, fmt.Errorf("%s holds no location: %w", from, store.ErrNotFound)
		case len(all) > 1 && o.Identity != "":
			return nil, fmt.Errorf("%s holds %d locations, which cannot have one identity; name one of them: %s: %w",
				from, len(all), names(all), store.ErrInvalid)
		}
		return all, nil
	}
	return chooseOne(ctx, from, source, o.Location, all)
}

// chooseOne finds a location by its identity, else by its name.
func chooseOne(ctx context.Context, from Database, source copier, wanted string, all []store.LocationInfo) ([]store.LocationInfo, error) {
	var named []store.LocationInfo
	for _, l := range all {
		if l.ID == wanted {
			return []store.LocationInfo{l}, nil
		}
		if l.Name == wanted {
			named = append(named, l)
		}
	}
	switch len(named) {
	case 1:
		return named, nil
	case 0:
		if _, err := source.Export(wanted).Catalogue(ctx); err == nil {
			return []store.LocationInfo{{ID: wanted}}, nil // it never registered
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		return nil, fmt.Errorf("%s holds no location %q; it holds %s: %w", from, wanted, names(all), store.ErrNotFound)
	}
	return nil, fmt.Errorf("%d locations of %s have the name %q; name one by its identity: %s: %w", len(named), from, wanted, names(named), store.ErrInvalid)
}

func names(list []store.LocationInfo) string {
	if len(list) == 0 {
		return "none"
	}
	texts := make([]string, len(list))
	for i, l := range list {
		texts[i] = fmt.Sprintf("%s (%s)", l.Name, l.ID)
	}
	return strings.Join(texts, ", ")
}
