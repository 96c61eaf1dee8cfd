package wire

import (
	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/staleness"
)

// StalenessState translates a state.
func StalenessState(s asset.State) riversv1.StalenessState {
	switch s {
	case asset.Missing:
		return riversv1.StalenessState_STALENESS_STATE_MISSING
	case asset.Stale:
		return riversv1.StalenessState_STALENESS_STATE_STALE
	case asset.UpToDate:
		return riversv1.StalenessState_STALENESS_STATE_UP_TO_DATE
	}
	return riversv1.StalenessState_STALENESS_STATE_UNSPECIFIED
}

var stalenessReasons = map[asset.Why]riversv1.StalenessReason{
	asset.WhyCode:    riversv1.StalenessReason_STALENESS_REASON_CODE,
	asset.WhyMissing: riversv1.StalenessReason_STALENESS_REASON_MISSING,
	asset.WhyChanged: riversv1.StalenessReason_STALENESS_REASON_CHANGED,
	asset.WhyUnread:  riversv1.StalenessReason_STALENESS_REASON_UNREAD,
	asset.WhyStale:   riversv1.StalenessReason_STALENESS_REASON_STALE,
}

// StalenessCause translates a cause.
func StalenessCause(c asset.Cause) *riversv1.StalenessCause {
	out := &riversv1.StalenessCause{
		Category: riversv1.StalenessCategory_STALENESS_CATEGORY_DATA, Reason: stalenessReasons[c.Why],
		Upstream: c.Upstream, UpstreamPartition: string(c.Key),
		Was: text(c.Was), Now: text(c.Is), Time: Time(c.At), Text: text(c.Text),
	}
	if c.Category == asset.CauseCode {
		out.Category = riversv1.StalenessCategory_STALENESS_CATEGORY_CODE
	}
	return out
}

// AssetStaleness translates the summary of an asset.
func AssetStaleness(name string, s staleness.Summary) *riversv1.AssetStaleness {
	out := &riversv1.AssetStaleness{
		Asset: name, State: StalenessState(s.State), TotalKeys: s.Total, MaterializedKeys: s.Materialized,
		JudgedKeys: clamp(s.Judged), StaleKeys: clamp(s.Stale), Incomplete: s.Incomplete,
	}
	for _, r := range s.Reasons {
		cause := StalenessCause(r.Cause)
		cause.Partition, cause.Keys = string(r.Partition), clamp(r.Keys)
		out.Causes = append(out.Causes, cause)
	}
	return out
}

// PartitionStaleness translates the status of one key.
func PartitionStaleness(key string, index uint64, s asset.Status) *riversv1.PartitionStaleness {
	out := &riversv1.PartitionStaleness{Key: key, Index: index, State: StalenessState(s.State)}
	for _, c := range s.Causes {
		out.Causes = append(out.Causes, StalenessCause(c))
	}
	return out
}
