package main

import (
	"context"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// Location is a handle whose reads are measured.
func (w *stopwatch) Location(id string) store.Location {
	return measured{w.Store.Location(id), w}
}

// Schema is measured.
func (w *stopwatch) Schema(ctx context.Context) (store.Schema, error) {
	defer w.call()()
	return w.Store.Schema(ctx)
}

// measured is a location whose reads are measured.
type measured struct {
	store.Location
	w *stopwatch
}

func (m measured) CatalogueInfo(ctx context.Context) (store.CatalogueInfo, error) {
	defer m.w.call()()
	return m.Location.CatalogueInfo(ctx)
}

func (m measured) Definitions(ctx context.Context) ([]asset.Definition, error) {
	defer m.w.call()()
	return m.Location.Definitions(ctx)
}

func (m measured) Run(ctx context.Context, id string) (store.Run, error) {
	defer m.w.call()()
	return m.Location.Run(ctx, id)
}

func (m measured) ListRuns(ctx context.Context, f store.RunFilter, p store.Page) ([]store.Run, string, error) {
	defer m.w.call()()
	return m.Location.ListRuns(ctx, f, p)
}

func (m measured) CountRuns(ctx context.Context) (map[store.Status]int64, error) {
	defer m.w.call()()
	return m.Location.CountRuns(ctx)
}

func (m measured) Events(ctx context.Context, stream string, after uint64, limit int) ([]event.Event, error) {
	defer m.w.call()()
	return m.Location.Events(ctx, stream, after, limit)
}

func (m measured) Latest(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error) {
	defer m.w.call()()
	return m.Location.Latest(ctx, keys)
}

func (m measured) AssetStates(ctx context.Context, assets []string) ([]store.AssetState, error) {
	defer m.w.call()()
	return m.Location.AssetStates(ctx, assets)
}

func (m measured) PartitionStates(ctx context.Context, name string, keys []partition.Key) ([]store.PartitionState, error) {
	defer m.w.call()()
	return m.Location.PartitionStates(ctx, name, keys)
}

func (m measured) PartitionSets(ctx context.Context, name string, space partition.Space, now time.Time) (store.PartitionSets, error) {
	defer m.w.call()()
	return m.Location.PartitionSets(ctx, name, space, now)
}

func (m measured) AssetHistory(ctx context.Context, name string, f store.HistoryFilter, p store.Page) ([]event.Event, string, error) {
	defer m.w.call()()
	return m.Location.AssetHistory(ctx, name, f, p)
}

func (m measured) LogLines(ctx context.Context, run string, f store.LogFilter, after uint64, limit int) ([]store.LogLine, error) {
	defer m.w.call()()
	return m.Location.LogLines(ctx, run, f, after, limit)
}
