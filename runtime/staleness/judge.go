package staleness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// Store is what staleness is judged from.
type Store interface {
	Latest(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error)
	AssetStates(ctx context.Context, assets []string) ([]store.AssetState, error)
	PartitionSets(ctx context.Context, asset string, space partition.Space, now time.Time) (store.PartitionSets, error)
	Run(ctx context.Context, id string) (store.Run, error)
}

// The limits of one answer.
const (
	// MaxFacts is the most newest materializations that one answer looks up.
	MaxFacts = 50_000
	// MaxExact is the largest Limits.Exact.
	MaxExact = 10_000
)

// ErrTooMuch tells that an answer about single keys would look up more than
// MaxFacts materializations. Asking for fewer keys helps.
var ErrTooMuch = errors.New("too many materializations to look up")

// Limits bound the work of a summary.
type Limits struct {
	// Keys is how many keys of each partitioned asset are judged: the one
	// materialized last, and those that have a value from the end of its key
	// space on. It is at least 1.
	Keys int
	// Count asks for Summary.Total and Summary.Materialized even where a single
	// key is judged, which costs one read an asset.
	Count bool
	// Exact is up to how many keys an input of all keys is compared key by key;
	// beyond, times of record decide. It is at most MaxExact.
	Exact int
}

// Reason is a cause with the number of judged keys that have it.
type Reason struct {
	asset.Cause
	// Partition is the last of the keys that have the cause; empty for an asset
	// without partitions.
	Partition partition.Key
	// Keys is how many judged keys have it; 1 for an asset without partitions.
	Keys int
}

// Summary is how a whole asset is doing.
type Summary struct {
	// State is the worst of the judged keys; keys without a value are not judged.
	// It is Missing when no key has one.
	State asset.State
	// Reasons are the causes of all stale keys, one for each category, upstream
	// and why, those of the last key first.
	Reasons []Reason
	// Total is how many keys there are now and Materialized how many of them have
	// a value; 1 of 1 at most for an asset without partitions. They are told
	// when Counted is true.
	Total, Materialized uint64
	Counted             bool
	// Judged is how many keys were judged, of which Stale are stale.
	Judged, Stale int
	// Incomplete tells that MaxFacts was reached, so that some upstreams were
	// taken to be up to date unseen.
	Incomplete bool
	// Known is the newest that is recorded about the asset.
	Known store.AssetState
}

// Judge judges assets of one graph as of one instant. It is made for one answer.
type Judge struct {
	// Graph declares the assets.
	Graph *asset.Graph
	// Store has what is recorded.
	Store Store
	// Now is the present that grids with an open end follow.
	Now time.Time
	// Limits bound summaries, those of upstreams read as a whole included.
	Limits Limits
}

// Keys judges keys of one asset, in order; the one key of an asset without
// partitions is empty. The keys must exist. The error is ErrTooMuch when too
// much would have to be looked up.
func (j Judge) Keys(ctx context.Context, i int, keys []partition.Key) ([]asset.Status, error) {
	a := j.newAnswer()
	for _, key := range keys {
		a.want(i, key)
	}
	if err := a.gather(ctx); err != nil {
		return nil, err
	}
	if a.cut {
		return nil, fmt.Errorf("asset %q: %d keys with all that they are made from need more than %d: %w",
			j.Graph.At(i).Name, len(keys), MaxFacts, ErrTooMuch)
	}
	if err := a.judgeAll(ctx); err != nil {
		return nil, err
	}
	out := make([]asset.Status, len(keys))
	for n, key := range keys {
		out[n] = a.nodes[i].status[key]
	}
	return out, nil
}

// Assets judges whole assets, in order.
func (j Judge) Assets(ctx context.Context, assets []int) ([]Summary, error) {
	a := j.newAnswer()
	for _, i := range assets {
		a.wantWhole(i)
	}
	if err := a.gather(ctx); err != nil {
		return nil, err
	}
	if err := a.judgeAll(ctx); err != nil {
		return nil, err
	}
	out := make([]Summary, len(assets))
	for n, i := range assets {
		out[n] = a.nodes[i].summary
		out[n].Incomplete = a.cut
	}
	return out, nil
}
