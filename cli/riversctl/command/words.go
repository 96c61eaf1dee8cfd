package command

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	riversv1 "rivers.io/proto/rivers/v1"
)

// at turns a time of the API into one of Go; absent is zero.
func at(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// bracket writes a partition key behind a name: "[2001-01-01]", or nothing.
func bracket(key string) string {
	if key == "" {
		return ""
	}
	return "[" + key + "]"
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// maxMetadata is how much of one metadata value is shown.
const maxMetadata = 120

// metadataText writes a tagged metadata value, {"type": …, "value": …}, on one line.
func metadataText(v *structpb.Value) string {
	if inner, ok := v.GetStructValue().GetFields()["value"]; ok {
		v = inner
	}
	text := v.GetStringValue()
	if _, isText := v.GetKind().(*structpb.Value_StringValue); !isText {
		raw, err := protojson.Marshal(v)
		if err != nil {
			return err.Error()
		}
		text = string(raw)
	}
	text, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(text); len(runes) > maxMetadata {
		text, more = string(runes[:maxMetadata]), true
	}
	if more {
		text += " …"
	}
	return text
}

// runStatus is the state of a run as people read it.
func runStatus(r *riversv1.Run) string {
	switch r.GetStatus() {
	case riversv1.RunStatus_RUN_STATUS_QUEUED:
		return "queued"
	case riversv1.RunStatus_RUN_STATUS_NOT_STARTED:
		return "starting"
	case riversv1.RunStatus_RUN_STATUS_STARTED:
		if r.GetCancelRequested() {
			return "canceling"
		}
		return "running"
	case riversv1.RunStatus_RUN_STATUS_SUCCEEDED:
		return "succeeded"
	case riversv1.RunStatus_RUN_STATUS_FAILED:
		return "failed"
	case riversv1.RunStatus_RUN_STATUS_CANCELED:
		return "canceled"
	default:
		return "unknown"
	}
}
