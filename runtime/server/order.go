package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/wire"
)

// Preview checks a launch whole, as Materialize does before it records anything,
// and says what would start. It needs neither state nor executor. checkConfig is
// that of Config. Its errors carry a gRPC status.
func Preview(g *asset.Graph, req *riversv1.MaterializeRequest, now time.Time, checkConfig func(asset string, overrides json.RawMessage) error) (*riversv1.RunSummary, error) {
	s := &runs{cfg: Config{Graph: g, CheckConfig: checkConfig}}
	_, summary, err := s.prepare(req, order{Now: now.UTC()})
	if err != nil {
		st, _ := fault.Of(err)
		return nil, st.Err()
	}
	return summary, nil
}

// reserved begins the names that belong to rivers (D-4).
const reserved = "rivers/"

// maxPriority bounds the priority of a run on both sides.
const maxPriority = 1_000_000

// tagsOf returns the tags of a run and its priority.
func tagsOf(req *riversv1.MaterializeRequest) (map[string]string, int, error) {
	tags := maps.Clone(req.Tags)
	if req.Executor != "" {
		if tags == nil {
			tags = map[string]string{}
		}
		if other, set := tags[event.ExecutorTag]; set && other != req.Executor {
			return nil, 0, fault.Invalid("executor", "CONTRADICTION", fmt.Sprintf("executor %q contradicts the tag %s %q", req.Executor, event.ExecutorTag, other))
		}
		tags[event.ExecutorTag] = req.Executor
	}
	for key := range tags {
		if strings.HasPrefix(key, reserved) && key != event.PriorityTag && key != event.ExecutorTag {
			return nil, 0, fault.Invalid(tagField(key), "RESERVED_TAG", "tags that begin with "+reserved+" belong to rivers", "tag", key)
		}
	}
	if where, set := tags[event.ExecutorTag]; set && where != "inprocess" && where != "subprocess" {
		return nil, 0, fault.Invalid(tagField(event.ExecutorTag), "INVALID_EXECUTOR", fmt.Sprintf("unknown executor %q; known are inprocess and subprocess", where))
	}
	priority, err := priorityOf(tags)
	return tags, priority, err
}

func tagField(key string) string { return "tags[" + strconv.Quote(key) + "]" }

func priorityOf(tags map[string]string) (int, error) {
	text, set := tags[event.PriorityTag]
	if !set {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < -maxPriority || n > maxPriority {
		return 0, fault.Invalid(tagField(event.PriorityTag), "INVALID_PRIORITY",
			fmt.Sprintf("priority %q is no integer from %d to %d", text, -maxPriority, maxPriority))
	}
	return n, nil
}

// secretGiven refuses a secret: what a launch gives is stored with its run, and
// shown to everyone who may see that.
func secretGiven(name string, f asset.ConfigField) error {
	instead := "give the field an env tag, and set that environment variable where the location runs"
	if f.Env != "" {
		instead = "set the environment variable " + f.Env + " where the location runs"
	}
	return fault.Invalid("config["+strconv.Quote(name)+"]["+strconv.Quote(f.Name)+"]", "INVALID_CONFIG",
		fmt.Sprintf("config field %q of asset %q is secret, and what a launch gives is stored with the run: %s", f.Name, name, instead),
		"asset", name, "field", f.Name)
}

func listOf(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// retryOf returns a launch's retry policy as it is stored.
func retryOf(p *riversv1.RetryPolicy) (json.RawMessage, error) {
	policy := wire.RetryPolicy(p)
	if policy == nil {
		return nil, nil
	}
	if err := policy.Validate(); err != nil {
		return nil, fault.Invalid("retry", "INVALID_RETRY", err.Error())
	}
	return json.Marshal(policy)
}

// planFault names the field that a plan could not be built from.
func planFault(err error) error {
	if large, ok := errors.AsType[*plan.TooLargeError](err); ok {
		return fault.Invalid("partitions", "RUN_TOO_LARGE", err.Error(),
			"steps", strconv.FormatUint(large.Steps, 10), "limit", strconv.Itoa(plan.MaxSteps))
	}
	if _, ok := errors.AsType[*partition.KeyError](err); ok {
		return err
	}
	return fault.Invalid("partitions", "INVALID_PARTITIONS", err.Error())
}

// listedNames is how many asset names a summary lists.
const listedNames = 1000

// summarize says what a plan consists of.
func summarize(g *asset.Graph, p *plan.Plan, partitions string) *riversv1.RunSummary {
	out := &riversv1.RunSummary{StepCount: int32(len(p.Steps)), Partitions: partitions}
	last := -1
	keys := map[partition.Key]struct{}{}
	for i := range p.Steps {
		step := &p.Steps[i]
		if step.ID.Key != "" {
			keys[step.ID.Key] = struct{}{}
		}
		if step.Asset == last {
			continue
		}
		last = step.Asset
		out.AssetCount++
		if g.Space(last) != nil {
			out.PartitionedAssetCount++
		}
		if len(out.Assets) < listedNames {
			out.Assets = append(out.Assets, g.At(last).Name)
		}
	}
	out.PartitionCount = int64(len(keys))
	out.Sentence = sentence(out)
	return out
}

// sentence says in words what will start (S-76).
func sentence(s *riversv1.RunSummary) string {
	text := count(int(s.AssetCount), "asset")
	switch {
	case s.PartitionedAssetCount == 0:
	case s.PartitionedAssetCount == s.AssetCount:
		text += " × " + count(int(s.PartitionCount), "partition")
	default:
		text += fmt.Sprintf(", %d of them × %s", s.PartitionedAssetCount, count(int(s.PartitionCount), "partition"))
	}
	return text + ": " + count(int(s.StepCount), "step") + " in 1 run"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
