package plan

import (
	"errors"
	"fmt"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
)

// ErrChanged is returned by FromCreated when the definitions no longer give the
// plan that the run was created with. The run cannot be resumed by this build.
var ErrChanged = errors.New("code changed while running")

// skew is how far the clock that read the selection may have been ahead of the
// clock that recorded the run.
const skew = 24 * time.Hour

// FromCreated builds the plan of a recorded run again. now is the time of record
// or any later instant: the event holds no open ends, so a later one changes
// nothing, and clocks that differ by less than a day are no matter. When an asset or key of the run
// does not exist any more, or the plan's hash differs from the recorded one, the
// error is ErrChanged and says what changed.
func FromCreated(g *asset.Graph, created *event.RunCreated, now time.Time) (*Plan, error) {
	assets := make([]int, len(created.Assets))
	for at, name := range created.Assets {
		i, ok := g.Index(name)
		if !ok {
			return nil, fmt.Errorf("%w: asset %s is not declared any more", ErrChanged, name)
		}
		assets[at] = i
	}
	p, err := Build(Request{Graph: g, Assets: assets, Partitions: created.Partitions, Only: created.Only, Now: now.Add(skew)})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	if created.PlanHash != "" && created.PlanHash != p.Hash {
		return nil, fmt.Errorf("%w: the plan is %s and the run was created with %s", ErrChanged, p.Hash, created.PlanHash)
	}
	return p, nil
}

// Canonical returns what RunCreated records of a selection: the assets' names in
// plan order, and the keys as ranges without open ends; partitions is empty when
// no selected asset is partitioned. It fails as Build does.
func Canonical(g *asset.Graph, assets []int, partitionsText string, now time.Time) (names []string, partitions string, err error) {
	s, err := resolve(g, assets, partitionsText, now)
	if err != nil {
		return nil, "", err
	}
	return g.Names(s.assets), s.text, nil
}
