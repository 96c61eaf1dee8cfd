package wire

import (
	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// Statuses lists the states of runs in the order of the API's enum.
var Statuses = []store.Status{
	store.Queued, store.NotStarted, store.Started, store.Succeeded, store.Failed, store.Canceled,
}

// Status translates a state; an unknown one is UNSPECIFIED.
func Status(s store.Status) riversv1.RunStatus {
	return riversv1.RunStatus(riversv1.RunStatus_value["RUN_STATUS_"+string(s)])
}

// ListedAssets is how many asset names a run carries in lists and watches.
const ListedAssets = 100

// RunBrief translates a run for lists and watches: without config, and with the
// first ListedAssets names only.
func RunBrief(r store.Run) *riversv1.Run {
	c := r.Created
	out := &riversv1.Run{
		Id: r.ID, LocationIdentity: r.Location, Status: Status(r.Status), Selection: c.Selection,
		Assets: c.Assets, AssetCount: clamp(len(c.Assets)), Partitions: c.Partitions, PlanHash: c.PlanHash,
		Launcher: Launcher(c.Launcher), Tags: c.Tags, Source: c.Source, OnlyCount: clamp(len(c.Only)),
		CancelRequested: r.CancelRequested, Cause: text(r.Cause), Priority: clamp(r.Priority),
		BlockReason: text(r.BlockReason), Counts: Counts(r.Counts),
		CreateTime: Time(r.CreatedAt), StartTime: Time(r.StartedAt), EndTime: Time(r.EndedAt),
		Executor: r.Executor, Epoch: r.Epoch, Seq: r.Seq,
	}
	if len(out.Assets) > ListedAssets {
		out.Assets = out.Assets[:ListedAssets]
	}
	return out
}

// Run translates a run whole.
func Run(r store.Run) *riversv1.Run {
	out := RunBrief(r)
	out.Assets = r.Created.Assets
	out.Config = Object(r.Created.Config)
	return out
}

var logStreams = map[riversv1.LogStream]store.LogStream{
	riversv1.LogStream_LOG_STREAM_STDOUT:  store.Stdout,
	riversv1.LogStream_LOG_STREAM_STDERR:  store.Stderr,
	riversv1.LogStream_LOG_STREAM_LOG:     store.Records,
	riversv1.LogStream_LOG_STREAM_PROCESS: store.Process,
}

// LogLines translates lines in order.
func LogLines(lines []store.LogLine) []*riversv1.LogLine {
	out := make([]*riversv1.LogLine, len(lines))
	for i, l := range lines {
		out[i] = &riversv1.LogLine{
			Seq: l.Seq, Time: Time(l.Time), Step: l.Attempt.Name, Partition: string(l.Attempt.Key),
			Attempt: clamp(l.Attempt.Number), Stream: logStream(l.Stream), Level: l.Level,
			Text: text(l.Text), Attributes: Object(l.Attrs), DroppedBytes: l.Dropped,
		}
	}
	return out
}

func logStream(s store.LogStream) riversv1.LogStream {
	for api, stored := range logStreams {
		if stored == s {
			return api
		}
	}
	return riversv1.LogStream_LOG_STREAM_UNSPECIFIED
}

// LogFilter translates a filter back; nil does not restrict.
func LogFilter(f *riversv1.LogFilter) store.LogFilter {
	if f == nil {
		return store.LogFilter{}
	}
	out := store.LogFilter{
		Step: event.Step{Name: f.Step, Key: key(f.Partition)}, Attempt: int(f.Attempt),
		MinLevel: f.MinLevel, Contains: f.Contains,
	}
	for _, s := range f.Streams {
		out.Streams = append(out.Streams, logStreams[s])
	}
	return out
}
