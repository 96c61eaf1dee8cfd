package store

import (
	"context"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

// Catalogue is what a location declares.
type Catalogue struct {
	// Name is the location's name; the handle has its identity.
	Name string
	// Image is the image digest or build id that registers.
	Image string
	// Hash identifies the definitions.
	Hash string
	// Definitions are in declaration order.
	Definitions []asset.Definition
}

// CatalogueInfo describes the stored catalogue.
type CatalogueInfo struct {
	Name, Image, Hash string
	// Revision rises with each registration that changed something.
	Revision     int64
	RegisteredAt time.Time
	Assets       int
	// Removed are assets that were declared before and are no more.
	Removed []string
}

// Catalogues registers and reads what a location declares.
type Catalogues interface {
	// Register replaces the declared fields of every asset, marks assets that
	// are absent as removed, and keeps what history recorded (D-7, D-8).
	Register(ctx context.Context, c Catalogue) (CatalogueInfo, error)
	// CatalogueInfo is cheap; ErrNotFound before the first registration.
	CatalogueInfo(ctx context.Context) (CatalogueInfo, error)
	// Definitions returns the declared assets in declaration order.
	Definitions(ctx context.Context) ([]asset.Definition, error)
}

// Materialized is the newest materialization of one key of an asset.
type Materialized struct {
	Asset string
	Key   partition.Key
	// Run, Step, Attempt and Seq lead to the event.
	Run     string
	Attempt event.Attempt
	Seq     uint64
	Time    time.Time
	Event   event.Materialization
}

// PartitionState is what is known about one key of an asset.
type PartitionState struct {
	Key partition.Key
	// Materialized and FailedAt are zero when that never happened.
	MaterializedAt, FailedAt time.Time
	// Run is the run of the newer of both.
	Run         string
	DataVersion string
	CodeVersion string
}

// IsFailed reports whether the newest failure is younger than the newest
// materialization (D-159).
func (s PartitionState) IsFailed() bool { return s.FailedAt.After(s.MaterializedAt) }

// PartitionSets are the states of all keys of a partitioned asset as sets of
// ordinals of the space they were asked for.
type PartitionSets struct {
	Materialized partition.Set
	Failed       partition.Set
}

// AssetState is the newest that is known about an asset, over all its keys.
type AssetState struct {
	Asset string
	// Last is the newest materialization; nil when there is none.
	Last *Materialized
	// FailedAt, FailedRun and FailedKey describe the newest failure.
	FailedAt  time.Time
	FailedRun string
	FailedKey partition.Key
	// Observed is the newest observation's time.
	ObservedAt time.Time
}

// AssetKey names one key of one asset.
type AssetKey struct {
	Asset string
	Key   partition.Key
}

// HistoryFilter restricts the history of an asset.
type HistoryFilter struct {
	// Types restricts the event types; empty means Materialization,
	// Observation and final StepFailed. Beside these, PartitionFailed and all
	// of StepFailed can be asked for; other types are ErrInvalid.
	Types []event.Type
	// Key restricts to one partition when not empty.
	Key partition.Key
}

// Assets answers what is known about assets and their partitions.
type Assets interface {
	// Latest returns the newest materialization of each given key that has
	// one, at most 1000 keys a call.
	Latest(ctx context.Context, keys []AssetKey) (map[AssetKey]Materialized, error)
	// AssetStates returns the newest states of the given assets, in order;
	// an empty list asks for every declared asset.
	AssetStates(ctx context.Context, assets []string) ([]AssetState, error)
	// PartitionStates returns what is known about the given keys, in order.
	PartitionStates(ctx context.Context, asset string, keys []partition.Key) ([]PartitionState, error)
	// PartitionSets returns the states of all keys as sets in the ordinals of
	// space; keys that are not in the space are left out. It reads the folded
	// chunks and the rows changed since.
	PartitionSets(ctx context.Context, asset string, space partition.Space, now time.Time) (PartitionSets, error)
	// FoldPartitions brings the stored chunks of an asset up to its rows. It
	// needs a writer, may run beside appends, and is safe to repeat.
	FoldPartitions(ctx context.Context, asset string, space partition.Space, now time.Time) error
	// AssetHistory pages the events of an asset, newest first, with Stream,
	// Seq and Time set.
	AssetHistory(ctx context.Context, asset string, filter HistoryFilter, page Page) (events []event.Event, next string, err error)
}
