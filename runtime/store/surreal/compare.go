package surreal

import (
	"context"
	"fmt"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// Compare computes what follows from the events of each registered location, the
// heads of runs, their counts and what is known about keys, and returns how what is
// stored differs from it; none when all is well. It changes nothing, and may be
// called while the database is in use: counts are compared only where no run
// changed meanwhile.
func (d *DB) Compare(ctx context.Context) ([]string, error) {
	list, err := d.Locations(ctx)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, info := range list {
		found, err := transfer.Check(ctx, d.Export(info.ID))
		if err != nil {
			return nil, err
		}
		counts, err := d.compareCounts(ctx, info.ID)
		if err != nil {
			return nil, err
		}
		for _, text := range append(found, counts...) {
			all = append(all, "location "+info.ID+": "+text)
		}
	}
	return all, nil
}

// compareCounts compares the counts of runs by status with the runs.
func (d *DB) compareCounts(ctx context.Context, location string) ([]string, error) {
	l := d.at(location)
	before, err := l.CountRuns(ctx)
	if err != nil {
		return nil, err
	}
	counted := map[store.Status]int64{}
	for s, err := range d.Export(location).Streams(ctx) {
		if err != nil {
			return nil, err
		}
		if s.Run != nil {
			counted[s.Run.Status]++
		}
	}
	after, err := l.CountRuns(ctx)
	if err != nil {
		return nil, err
	}
	var diffs []string
	for _, status := range []store.Status{store.Queued, store.NotStarted, store.Started, store.Succeeded, store.Failed, store.Canceled} {
		if before[status] == after[status] && after[status] != counted[status] {
			diffs = append(diffs, fmt.Sprintf("%d runs are %s, %d are counted", counted[status], status, after[status]))
		}
	}
	return diffs, nil
}
