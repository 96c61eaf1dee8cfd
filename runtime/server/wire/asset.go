package wire

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// MaxInlineKeys is how many partition keys come inside of an asset (S-26).
const MaxInlineKeys = 1000

func key(s string) partition.Key { return partition.Key(s) }

// Asset translates the asset i of a graph and what is known about it. Keys asks
// for the first keys of its space at now.
func Asset(g *asset.Graph, i int, state store.AssetState, keys bool, now time.Time) *riversv1.Asset {
	def := g.At(i)
	out := &riversv1.Asset{
		Name: def.Name, Description: text(def.Description), Kind: riversv1.AssetKind_ASSET_KIND_SINGLE,
		Group: def.Group, Kinds: def.Kinds, Tags: def.Tags, Owners: def.Owners, Metadata: def.Metadata,
		CodeVersion: def.CodeVersion, ValueType: def.Type, Handler: def.Handler, Resources: def.Resources,
		Retry: retry(def.Retry), Compute: compute(def.Compute), Executor: g.Executor(i), State: State(state),
	}
	for at, in := range def.Inputs {
		out.Inputs = append(out.Inputs, &riversv1.AssetInput{
			Asset: in.Asset, Kind: InputKind(in.Kind), Mapping: Mapping(g.Mapping(i, at)),
			Complete: in.Complete, Optional: in.Optional,
		})
	}
	for _, e := range g.Downstreams(i) {
		out.Downstreams = append(out.Downstreams, g.At(e.Asset).Name)
	}
	for _, f := range def.Config {
		out.Config = append(out.Config, configField(f))
	}
	if def.Site.File != "" {
		out.Source = &riversv1.SourcePosition{File: def.Site.File, Line: clamp(def.Site.Line)}
	}
	if space := g.Space(i); space != nil {
		out.Partitions = Partitions(space)
		out.PartitionKeys = partitionKeys(space, keys, now)
	}
	return out
}

// Partitions translates the declaration of a key space.
func Partitions(space partition.Space) *riversv1.PartitionsDefinition {
	d := space.Definition()
	return &riversv1.PartitionsDefinition{
		Kind: string(d.Kind), Start: d.Start, End: d.End, Timezone: d.Timezone,
		CompletedOnly: d.CompletedOnly, Fingerprint: space.Fingerprint(),
	}
}

func partitionKeys(space partition.Space, listed bool, now time.Time) *riversv1.PartitionKeys {
	out := &riversv1.PartitionKeys{TotalSize: space.Count(now)}
	if !listed {
		return out
	}
	n := min(out.TotalSize, MaxInlineKeys)
	for i := range n {
		k, ok := space.Key(i, now)
		if !ok {
			break
		}
		out.Keys = append(out.Keys, string(k))
	}
	out.Truncated = out.TotalSize > n
	return out
}

// InputKind translates the meaning of an edge.
func InputKind(k asset.InputKind) riversv1.InputKind {
	if k == asset.Lineage {
		return riversv1.InputKind_INPUT_KIND_LINEAGE
	}
	return riversv1.InputKind_INPUT_KIND_DATA
}

// Mapping translates a mapping of partitions.
func Mapping(m partition.Mapping) *riversv1.PartitionMapping {
	return &riversv1.PartitionMapping{Kind: string(m.Kind), Offset: clamp(m.Offset)}
}

// State translates what is known about an asset.
func State(s store.AssetState) *riversv1.AssetState {
	out := &riversv1.AssetState{
		FailTime: Time(s.FailedAt), FailedRun: s.FailedRun, FailedPartition: string(s.FailedKey),
		ObserveTime: Time(s.ObservedAt),
	}
	if s.Last != nil {
		out.LastMaterialization = Materialized(*s.Last)
	}
	return out
}

// Materialized translates a materialization and where it was recorded.
func Materialized(m store.Materialized) *riversv1.MaterializationRecord {
	return &riversv1.MaterializationRecord{
		Asset: m.Asset, Partition: string(m.Key), Run: m.Run, Step: m.Attempt.Name,
		Attempt: clamp(m.Attempt.Number), Seq: m.Seq, Time: Time(m.Time), Materialization: Materialization(&m.Event),
	}
}

func configField(f asset.ConfigField) *riversv1.ConfigField {
	out := &riversv1.ConfigField{
		Name: f.Name, Type: f.Type, Env: f.Env, Description: text(f.Description), Secret: f.Secret,
	}
	if len(f.Default) > 0 && !f.Secret {
		out.Default = JSON(f.Default)
	}
	return out
}

func compute(c *asset.Compute) *riversv1.Compute {
	if c == nil {
		return nil
	}
	return &riversv1.Compute{Cpu: c.CPU, Memory: c.Memory, Gpu: clamp(c.GPU)}
}

func retry(p *asset.RetryPolicy) *riversv1.RetryPolicy {
	if p == nil {
		return nil
	}
	b := p.Backoff
	out := &riversv1.RetryPolicy{MaxRetries: clamp(p.MaxRetries), On: p.On, Backoff: &riversv1.Backoff{
		Kind: string(b.Kind), Base: Duration(b.Base), Step: Duration(b.Step), Factor: b.Factor,
		Max: Duration(b.Max), Jitter: b.Jitter,
	}}
	for _, wait := range b.List {
		out.Backoff.List = append(out.Backoff.List, durationpb.New(wait))
	}
	return out
}

// RetryPolicy translates a policy back; nil stays nil.
func RetryPolicy(p *riversv1.RetryPolicy) *asset.RetryPolicy {
	if p == nil {
		return nil
	}
	b := p.GetBackoff()
	out := &asset.RetryPolicy{MaxRetries: int(p.MaxRetries), On: p.On, Backoff: asset.Backoff{
		Kind: asset.BackoffKind(b.GetKind()), Base: b.GetBase().AsDuration(), Step: b.GetStep().AsDuration(),
		Factor: b.GetFactor(), Max: b.GetMax().AsDuration(), Jitter: b.GetJitter(),
	}}
	for _, wait := range b.GetList() {
		out.Backoff.List = append(out.Backoff.List, wait.AsDuration())
	}
	return out
}
