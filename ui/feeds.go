package ui

import (
	"context"
	"errors"
	"slices"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/store"
	"rivers.io/ui/gantt"
	"rivers.io/ui/partitions"
)

// maxWorking bounds the runs at work whose steps the map of partitions shows.
const maxWorking = 20

// partitionsJSON answers the map of an asset's partitions.
func (c *call) partitionsJSON() error {
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	name := c.r.PathValue("asset")
	space := cat.space(name)
	if space == nil {
		return notFound("No partitions", "The asset is unknown or has no partitions.")
	}
	sets, err := c.state.PartitionSets(c.ctx, name, space, c.now)
	if err != nil {
		return err
	}
	working, err := c.workingKeys(name, space)
	if err != nil {
		return err
	}
	in := partitions.Input{Space: space, Now: c.now, Materialized: sets.Materialized, Failed: sets.Failed, Running: working}
	var bad *partitions.RangeError
	if err := partitions.Serve(c.w, c.r, in); errors.As(err, &bad) {
		return badRequest(bad.Error())
	} else if err != nil {
		return err
	}
	return nil
}

// workingKeys are the keys that a run works on now.
func (c *call) workingKeys(name string, space partition.Space) (partition.Set, error) {
	var out partition.Set
	active, _, err := c.state.ListRuns(c.ctx, store.RunFilter{Status: []store.Status{store.Started}, Asset: name}, store.Page{Size: maxWorking})
	if err != nil {
		return out, err
	}
	for _, r := range active {
		steps, _, err := c.foldRun(r.ID)
		if err != nil {
			return out, err
		}
		for _, s := range steps {
			if s.ID.Name != name || s.Key != "running" {
				continue
			}
			if o, err := space.Ordinal(s.ID.Key, c.now); err == nil {
				out.Add(o)
			}
		}
	}
	return out, nil
}

// ganttJSON answers the chart of a run, or the rows that changed after a number.
func (c *call) ganttJSON() error {
	run, err := c.findRun(c.r.PathValue("run"))
	if err != nil {
		return err
	}
	after, err := gantt.After(c.r)
	if err != nil {
		return badRequest(err.Error())
	}
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	chart, err := c.chart(cat, run)
	if err != nil {
		return err
	}
	return gantt.Serve(c.w, c.r, chart.Since(after, c.now))
}

// chart returns the run's chart up to its newest event.
func (c *call) chart(cat *catalog, run store.Run) (*gantt.Chart, error) {
	f := c.folds.of(c.state.ID()+"/"+run.ID, c.now)
	f.charting.Lock()
	defer f.charting.Unlock()
	fresh := f.chart == nil
	if fresh {
		f.chart = gantt.New(planOf(cat, run, c.now))
	}
	if err := followChart(c.ctx, c.state, run.ID, f.chart); err != nil {
		return nil, err
	}
	if fresh {
		previous, err := c.previous(run)
		if err != nil {
			return nil, err
		}
		if len(previous) > 0 {
			f.chart.Compare(previous)
		}
	}
	return f.chart, nil
}

// followChart reads what is new.
func followChart(ctx context.Context, state store.Streams, run string, chart *gantt.Chart) error {
	for {
		events, err := state.Events(ctx, run, chart.Seq(), foldBatch)
		if err != nil {
			return err
		}
		chart.Apply(events)
		if len(events) < foldBatch {
			return nil
		}
	}
}

// planOf builds the run's plan anew; nothing when the definitions have changed
// since.
func planOf(cat *catalog, run store.Run, now time.Time) ([]plan.Step, []plan.Gate) {
	graph, err := cat.graph()
	if err != nil {
		return nil, nil
	}
	p, err := plan.FromCreated(graph, &run.Created, now)
	if err != nil || p.Hash != run.Created.PlanHash {
		return nil, nil
	}
	return p.Steps, p.Gates
}

// previous finds what the steps took in the newest successful run of the same
// selection before this one (S-141). What is not known is left out, never
// estimated.
func (c *call) previous(run store.Run) (map[event.Step]time.Duration, error) {
	if len(run.Created.Assets) == 0 {
		return nil, nil
	}
	filter := store.RunFilter{Status: []store.Status{store.Succeeded}, Asset: run.Created.Assets[0], Before: run.CreatedAt}
	candidates, _, err := c.state.ListRuns(c.ctx, filter, store.Page{Size: 20})
	if err != nil {
		return nil, err
	}
	for _, r := range candidates {
		if r.ID == run.ID || r.Created.Selection != run.Created.Selection || !slices.Equal(r.Created.Assets, run.Created.Assets) {
			continue
		}
		steps, _, err := c.foldRun(r.ID)
		if err != nil {
			return nil, err
		}
		return durations(steps), nil
	}
	return nil, nil
}

func durations(steps []stepState) map[event.Step]time.Duration {
	out := map[event.Step]time.Duration{}
	for _, s := range steps {
		if s.Key == "materialized" {
			out[s.ID] = s.Worked
		}
	}
	return out
}
