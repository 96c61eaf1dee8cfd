package event

import (
	"encoding/json"
	"time"

	"rivers.io/runtime/partition"
)

// Type names the kind of an event.
type Type string

// The types of events.
const (
	TypeRunCreated         Type = "RunCreated"
	TypeRunQueued          Type = "RunQueued"
	TypeRunDequeued        Type = "RunDequeued"
	TypeRunLaunchFailed    Type = "RunLaunchFailed"
	TypeRunStarted         Type = "RunStarted"
	TypeRunTakenOver       Type = "RunTakenOver"
	TypeRunCancelRequested Type = "RunCancelRequested"
	TypeRunFinished        Type = "RunFinished"
	TypeStepLaunched       Type = "StepLaunched"
	TypeStepStarted        Type = "StepStarted"
	TypeObservation        Type = "Observation"
	TypeMaterialization    Type = "Materialization"
	TypePartitionFailed    Type = "PartitionFailed"
	TypeStepSucceeded      Type = "StepSucceeded"
	TypeStepFailed         Type = "StepFailed"
	TypeStepRetryScheduled Type = "StepRetryScheduled"
	TypeStepSkipped        Type = "StepSkipped"
	TypeStepCanceled       Type = "StepCanceled"
	TypeStepRevoked        Type = "StepRevoked"
)

// Payload is what an event carries; one struct per type, encoded as JSON.
type Payload interface{ Type() Type }

// The tags of runs that mean something to rivers.
const (
	// PriorityTag orders the queue; an integer, 0 by default (D-152).
	PriorityTag = "rivers/priority"
	// ExecutorTag chooses where the steps run of assets that do not (D-145).
	ExecutorTag = "rivers/executor"
	// RerunTag names the run that this one repeats (D-162).
	RerunTag = "rivers/rerun_of"
)

// Launcher tells who or what started a run (D-153).
type Launcher struct {
	// Kind is manual, schedule, sensor, backfill or condition.
	Kind string `json:"kind"`
	// Name is the automation's name or the backfill's id.
	Name string `json:"name,omitempty"`
	// User is the acting person or token, when known.
	User *User `json:"user,omitempty"`
}

// User is a snapshot of who acted.
type User struct {
	Subject string `json:"subject"`
	Email   string `json:"email,omitempty"`
	Name    string `json:"name,omitempty"`
}

// RunCreated orders a run. Together with the definitions whose hash it names
// it determines the plan.
type RunCreated struct {
	PlanHash string `json:"planHash"`
	// Steps is the number of steps of the plan.
	Steps int `json:"steps"`
	// Selection is the selection as the caller wrote it; empty means all.
	Selection string `json:"selection,omitempty"`
	// Assets are the selected assets in plan order: the selection is resolved
	// once, when the run is created.
	Assets []string `json:"assets"`
	// Partitions are the selected keys as ranges in definition order
	// ("2001-01-01..2001-01-31,2001-02-07"); open ends are closed when the run
	// is created. Empty when no selected asset is partitioned.
	Partitions string `json:"partitions,omitempty"`
	// Only, when not empty, restricts the plan to these steps: a retry of
	// what failed (D-163). Other selected steps count as done.
	Only []Step `json:"only,omitempty"`
	// Source is the run whose values are read for steps outside of Only.
	Source   string            `json:"source,omitempty"`
	Launcher Launcher          `json:"launcher"`
	Tags     map[string]string `json:"tags,omitempty"`
	Config   json.RawMessage   `json:"config,omitempty"`
	Retry    json.RawMessage   `json:"retry,omitempty"`
}

// RunQueued puts a run into the queue.
type RunQueued struct {
	Priority int    `json:"priority,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// RunDequeued admits a run.
type RunDequeued struct{}

// RunLaunchFailed tells that no executor could be started.
type RunLaunchFailed struct {
	Error string `json:"error"`
}

// RunStarted tells that an executor took the run for the first time.
type RunStarted struct {
	Epoch    uint64 `json:"epoch"`
	Executor string `json:"executor"`
	Image    string `json:"image,omitempty"`
}

// RunTakenOver tells that another executor continues the run. The attempts
// that cannot be adopted are revoked by StepRevoked events of the same append.
type RunTakenOver struct {
	Epoch    uint64 `json:"epoch"`
	Executor string `json:"executor"`
	Image    string `json:"image,omitempty"`
}

// RunCancelRequested asks for the end of a run.
type RunCancelRequested struct {
	User *User `json:"user,omitempty"`
}

// Outcome is the final state of a run.
type Outcome string

// The outcomes of runs.
const (
	Succeeded Outcome = "SUCCEEDED"
	Failed    Outcome = "FAILED"
	Canceled  Outcome = "CANCELED"
)

// Counts are the terminal states of a run's steps.
type Counts struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed,omitempty"`
	Skipped   int `json:"skipped,omitempty"`
	Canceled  int `json:"canceled,omitempty"`
}

// RunFinished ends a run for good.
type RunFinished struct {
	Outcome Outcome `json:"outcome"`
	// Cause says in words why a run that did not succeed ended as it did.
	Cause  string `json:"cause,omitempty"`
	Counts Counts `json:"counts"`
}

// Worker says where an attempt is carried out.
type Worker string

// The kinds of workers. A Job's worker is "job:" and its name.
const (
	InProcess  Worker = "inprocess"
	Subprocess Worker = "subprocess"
)

// StepLaunched orders an attempt and registers its token.
type StepLaunched struct {
	Token  string `json:"token"`
	Worker Worker `json:"worker"`
}

// StepStarted tells that a worker outside of the executor's process runs.
type StepStarted struct {
	PID int    `json:"pid,omitempty"`
	Pod string `json:"pod,omitempty"`
}

// ValueRef publishes an immutable value; the handler that wrote it reads it.
type ValueRef struct {
	// Handler names the handler, such as "blob".
	Handler string `json:"handler"`
	// Path is the object's path below the values URL.
	Path string `json:"path"`
	// Format is the serializer, such as "parquet" or "json".
	Format string `json:"format,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"`
}

// InputVersion tells what an attempt truly read of one upstream (D-63).
type InputVersion struct {
	Asset string        `json:"asset"`
	Key   partition.Key `json:"partition,omitempty"`
	// Version is the data version read; for many keys it is a digest over
	// (key, version) in order, and Keys is their number.
	Version string `json:"version,omitempty"`
	Keys    uint64 `json:"keys,omitempty"`
}

// Metadata is typed metadata in its stored form: tagged JSON objects by key,
// so that an unknown tag survives a round trip (D-58).
type Metadata map[string]json.RawMessage

// Materialization publishes one value (or, without Value, the fact that an
// asset was produced elsewhere).
type Materialization struct {
	// Output is the asset that was produced; empty means the step's name.
	Output      string         `json:"output,omitempty"`
	Value       *ValueRef      `json:"value,omitempty"`
	Metadata    Metadata       `json:"metadata,omitempty"`
	DataVersion string         `json:"dataVersion"`
	CodeVersion string         `json:"codeVersion,omitempty"`
	Inputs      []InputVersion `json:"inputs,omitempty"`
}

// Observation records what was seen of an asset that rivers did not produce.
type Observation struct {
	Output      string   `json:"output,omitempty"`
	Metadata    Metadata `json:"metadata,omitempty"`
	DataVersion string   `json:"dataVersion,omitempty"`
}

// PartitionFailed marks one key of a multi-key step as failed.
type PartitionFailed struct {
	Key   partition.Key `json:"key"`
	Error string        `json:"error"`
}

// StepSucceeded settles an attempt.
type StepSucceeded struct {
	// Duration is the time the function took, handlers included.
	Duration time.Duration `json:"duration"`
}

// Reason classifies a failure (D-132).
type Reason string

// The reasons of failures.
const (
	ReasonError          Reason = "error"
	ReasonOutOfMemory    Reason = "out_of_memory"
	ReasonTimeout        Reason = "timeout"
	ReasonInfrastructure Reason = "infrastructure"
	ReasonCanceled       Reason = "canceled"
)

// StepFailed settles an attempt. With Final false a StepRetryScheduled of the
// same append follows.
type StepFailed struct {
	Duration time.Duration `json:"duration"`
	Reason   Reason        `json:"reason"`
	Error    string        `json:"error"`
	// Kinds are the kinds of the error chain, most specific first (D-131).
	Kinds []string `json:"kinds,omitempty"`
	Final bool     `json:"final"`
}

// StepRetryScheduled promises the next attempt.
type StepRetryScheduled struct {
	// NotBefore is the earliest instant of the next attempt.
	NotBefore time.Time `json:"notBefore"`
}

// StepSkipped ends a step that never ran.
type StepSkipped struct {
	Cause string `json:"cause"`
	// By is the step that caused it; none when the run itself was ended because
	// no executor could carry it on.
	By Step `json:"by"`
}

// StepCanceled ends a step because the run was canceled, or because no executor
// could carry it on after the step had run.
type StepCanceled struct {
	Cause string `json:"cause,omitempty"`
}

// StepRevoked withdraws the token of an attempt whose worker is gone or no
// longer believed. It does not count against the retry budget.
type StepRevoked struct {
	Cause string `json:"cause"`
}

// Unknown keeps an event of a type that this build does not know.
type Unknown struct {
	Name Type
	Raw  json.RawMessage
}

// Type returns TypeRunCreated.
func (*RunCreated) Type() Type { return TypeRunCreated }

// Type returns TypeRunQueued.
func (*RunQueued) Type() Type { return TypeRunQueued }

// Type returns TypeRunDequeued.
func (*RunDequeued) Type() Type { return TypeRunDequeued }

// Type returns TypeRunLaunchFailed.
func (*RunLaunchFailed) Type() Type { return TypeRunLaunchFailed }

// Type returns TypeRunStarted.
func (*RunStarted) Type() Type { return TypeRunStarted }

// Type returns TypeRunTakenOver.
func (*RunTakenOver) Type() Type { return TypeRunTakenOver }

// Type returns TypeRunCancelRequested.
func (*RunCancelRequested) Type() Type { return TypeRunCancelRequested }

// Type returns TypeRunFinished.
func (*RunFinished) Type() Type { return TypeRunFinished }

// Type returns TypeStepLaunched.
func (*StepLaunched) Type() Type { return TypeStepLaunched }

// Type returns TypeStepStarted.
func (*StepStarted) Type() Type { return TypeStepStarted }

// Type returns TypeObservation.
func (*Observation) Type() Type { return TypeObservation }

// Type returns TypeMaterialization.
func (*Materialization) Type() Type { return TypeMaterialization }

// Type returns TypePartitionFailed.
func (*PartitionFailed) Type() Type { return TypePartitionFailed }

// Type returns TypeStepSucceeded.
func (*StepSucceeded) Type() Type { return TypeStepSucceeded }

// Type returns TypeStepFailed.
func (*StepFailed) Type() Type { return TypeStepFailed }

// Type returns TypeStepRetryScheduled.
func (*StepRetryScheduled) Type() Type { return TypeStepRetryScheduled }

// Type returns TypeStepSkipped.
func (*StepSkipped) Type() Type { return TypeStepSkipped }

// Type returns TypeStepCanceled.
func (*StepCanceled) Type() Type { return TypeStepCanceled }

// Type returns TypeStepRevoked.
func (*StepRevoked) Type() Type { return TypeStepRevoked }

// Type returns the name found in the record.
func (u *Unknown) Type() Type { return u.Name }
