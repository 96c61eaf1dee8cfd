package subprocess

import (
	"encoding/json"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	hostv1 "rivers.io/proto/rivers/host/v1"
	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
)

func orderOf(r host.Request) *hostv1.Order {
	return &hostv1.Order{
		Run: r.Run, Step: r.Step, Partition: string(r.Key), Attempt: int32(r.Attempt),
		ConfigJson: r.Config, Now: timestamppb.New(r.Now),
	}
}

func requestOf(o *hostv1.Order) host.Request {
	return host.Request{
		Run: o.GetRun(), Step: o.GetStep(), Key: partition.Key(o.GetPartition()), Attempt: int(o.GetAttempt()),
		Config: o.GetConfigJson(), Now: o.GetNow().AsTime(),
	}
}

func refToProto(r *host.Ref) *hostv1.Ref {
	if r == nil {
		return nil
	}
	return &hostv1.Ref{Handler: r.Handler, Path: r.Path, Format: r.Format, Bytes: r.Bytes}
}

func refOf(r *hostv1.Ref) *host.Ref {
	if r == nil {
		return nil
	}
	return &host.Ref{Handler: r.GetHandler(), Path: r.GetPath(), Format: r.GetFormat(), Bytes: r.GetBytes()}
}

func valueToProto(v host.Value) *hostv1.Value {
	return &hostv1.Value{
		Partition: string(v.Key), DataVersion: v.DataVersion, Ref: refToProto(v.Ref), Metadata: v.Metadata,
	}
}

func valueOf(v *hostv1.Value) host.Value {
	return host.Value{
		Key: partition.Key(v.GetPartition()), DataVersion: v.GetDataVersion(), Ref: refOf(v.GetRef()), Metadata: v.GetMetadata(),
	}
}

func resultToProto(r host.Result) *hostv1.Result {
	out := &hostv1.Result{}
	for _, o := range r.Outputs {
		metadata := make(map[string][]byte, len(o.Metadata))
		for k, v := range o.Metadata {
			metadata[k] = v
		}
		out.Outputs = append(out.Outputs, &hostv1.Output{
			Asset: o.Asset, Value: refToProto(o.Value), MetadataJson: metadata, DataVersion: o.DataVersion,
		})
	}
	if f := r.Failure; f != nil {
		out.Failure = &hostv1.Failure{Message: f.Message, Kinds: f.Kinds, Reason: f.Reason, Final: f.Final}
		if f.RetryAfter > 0 {
			out.Failure.RetryAfter = durationpb.New(f.RetryAfter)
		}
	}
	return out
}

func resultOf(r *hostv1.Result) host.Result {
	var out host.Result
	for _, o := range r.GetOutputs() {
		metadata := make(map[string]json.RawMessage, len(o.GetMetadataJson()))
		for k, v := range o.GetMetadataJson() {
			metadata[k] = v
		}
		out.Outputs = append(out.Outputs, host.Output{
			Asset: o.GetAsset(), Value: refOf(o.GetValue()), Metadata: metadata, DataVersion: o.GetDataVersion(),
		})
	}
	if f := r.GetFailure(); f != nil {
		out.Failure = &host.Failure{
			Message: f.GetMessage(), Kinds: f.GetKinds(), Reason: f.GetReason(), Final: f.GetFinal(),
			RetryAfter: f.GetRetryAfter().AsDuration(),
		}
	}
	return out
}
