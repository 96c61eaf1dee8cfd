package staleness

import (
	"context"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// judge asks the rule about one key whose upstreams were judged.
func (a *answer) judge(ctx context.Context, i int, key partition.Key) (asset.Status, error) {
	def := a.Graph.At(i)
	made, ok := a.facts[store.AssetKey{Asset: def.Name, Key: key}]
	if !ok {
		return asset.Judge(def.CodeVersion, asset.Fact{}, nil), nil
	}
	deps := make([]asset.Dependency, 0, len(def.Inputs))
	for _, e := range a.Graph.Upstreams(i) {
		if a.readsAll(i, e) {
			dep, err := a.many(ctx, i, e, &made)
			if err != nil {
				return asset.Status{}, err
			}
			deps = append(deps, dep)
			continue
		}
		if dep, ok := a.one(i, e, key, &made); ok {
			deps = append(deps, dep)
		}
	}
	fact := asset.Fact{
		Key: key, DataVersion: made.Event.DataVersion, CodeVersion: made.Event.CodeVersion, Inputs: made.Event.Inputs,
	}
	return asset.Judge(def.CodeVersion, fact, deps), nil
}

// one is an input of one key as it stands now; false when there is nothing to say
// about it: an optional input outside of the upstream's range, or an upstream
// that was not looked at.
func (a *answer) one(i int, e asset.Edge, key partition.Key, made *store.Materialized) (asset.Dependency, bool) {
	in := &a.Graph.At(i).Inputs[e.Input]
	dep := asset.Dependency{Asset: in.Asset, Optional: in.Optional}
	up, err := a.Graph.Mapping(i, e.Input).Upstream(a.Graph.Space(i), a.Graph.Space(e.Asset), key, a.Now)
	if err != nil {
		dep.State = asset.Missing
		return dep, !in.Optional
	}
	dep.Key = up
	status, judged := a.nodes[e.Asset].status[up]
	if !judged {
		return dep, false
	}
	dep.State = status.State
	if now, ok := a.facts[store.AssetKey{Asset: in.Asset, Key: up}]; ok {
		dep.Version, dep.At = now.Event.DataVersion, now.Time
	}
	dep.Comparable = true
	for _, read := range made.Event.Inputs {
		if read.Asset == in.Asset && read.Key == up {
			dep.Consumed = read.Version
			break
		}
	}
	return dep, true
}

// summarize folds the chosen keys of a whole asset.
func (a *answer) summarize(i int) {
	n := a.nodes[i]
	if !n.whole {
		return
	}
	s := &n.summary
	s.State = asset.Missing
	type about struct {
		category asset.Category
		why      asset.Why
		upstream string
	}
	at := map[about]int{}
	for _, key := range n.chosen {
		status, judged := n.status[key]
		if !judged || status.State == asset.Missing {
			continue
		}
		s.Judged++
		if s.State == asset.Missing {
			s.State = asset.UpToDate
		}
		if status.State != asset.Stale {
			continue
		}
		s.State = asset.Stale
		s.Stale++
		for _, c := range status.Causes {
			what := about{c.Category, c.Why, c.Upstream}
			if _, told := at[what]; !told {
				at[what] = len(s.Reasons)
				s.Reasons = append(s.Reasons, Reason{Cause: c, Partition: key})
			}
			s.Reasons[at[what]].Keys++
		}
	}
	if a.Graph.Space(i) == nil {
		s.Materialized = uint64(s.Judged)
	}
}
