package asset

import (
	"encoding/json"
	"time"

	"rivers.io/runtime/partition"
)

// Definition declares one asset. It crosses the seam to user code and is stored
// in the catalogue, so it holds data only.
type Definition struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Group       string            `json:"group,omitempty"`
	Kinds       []string          `json:"kinds,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Owners      []string          `json:"owners,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	CodeVersion string            `json:"codeVersion,omitempty"`
	// Type describes the value in the pipeline's language, such as
	// "[]main.Flight"; for people only.
	Type string `json:"type,omitempty"`
	// Handler names the handler that stores the value; empty is the default.
	Handler    string                `json:"handler,omitempty"`
	Partitions *partition.Definition `json:"partitions,omitempty"`
	Inputs     []Input               `json:"inputs,omitempty"`
	// Resources names the resources the function uses.
	Resources []string     `json:"resources,omitempty"`
	Retry     *RetryPolicy `json:"retry,omitempty"`
	Compute   *Compute     `json:"compute,omitempty"`
	// Config describes the fields that a launch may override.
	Config []ConfigField `json:"config,omitempty"`
	// Executor overrides where the asset's steps run: "", inprocess or
	// subprocess (D-145).
	Executor string `json:"executor,omitempty"`
	// Site is where the asset was declared.
	Site Site `json:"site,omitzero"`
}

// Site is a position in the pipeline's source.
type Site struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// InputKind tells what an edge means.
type InputKind string

// The kinds of edges.
const (
	// Data edges order steps and load the upstream's value.
	Data InputKind = "data"
	// Lineage edges order steps and load nothing.
	Lineage InputKind = "lineage"
)

// Input is one edge from an upstream asset.
type Input struct {
	Asset   string            `json:"asset"`
	Kind    InputKind         `json:"kind"`
	Mapping partition.Mapping `json:"mapping,omitzero"`
	// Complete fails the step when a key of an All mapping has no value.
	Complete bool `json:"complete,omitempty"`
	// Optional gives nothing instead of failing when nothing is stored or the
	// mapped key lies outside of the range.
	Optional bool `json:"optional,omitempty"`
}

// ConfigField describes one field of an asset's config struct.
type ConfigField struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Default is the default as JSON.
	Default json.RawMessage `json:"default,omitempty"`
	// Env names the environment variable that overrides the default.
	Env         string `json:"env,omitempty"`
	Description string `json:"description,omitempty"`
	Secret      bool   `json:"secret,omitempty"`
}

// Compute asks for resources of a step; local executors ignore it (D-141).
type Compute struct {
	CPU    string `json:"cpu,omitempty"`
	Memory string `json:"memory,omitempty"`
	GPU    int    `json:"gpu,omitempty"`
}

// BackoffKind names a growth of waits between attempts.
type BackoffKind string

// The backoffs of D-133.
const (
	Constant    BackoffKind = "constant"
	Linear      BackoffKind = "linear"
	Exponential BackoffKind = "exponential"
	Fixed       BackoffKind = "fixed"
)

// Backoff gives the base wait after the n-th failed attempt (D-133).
type Backoff struct {
	Kind BackoffKind `json:"kind,omitempty"`
	// Base is d of constant, a of linear and exponential.
	Base time.Duration `json:"base,omitempty"`
	// Step is s of linear.
	Step time.Duration `json:"step,omitempty"`
	// Factor is f of exponential.
	Factor float64 `json:"factor,omitempty"`
	// List holds the waits of fixed.
	List []time.Duration `json:"list,omitempty"`
	// Max bounds the base wait; zero means unbounded. Fixed has none.
	Max time.Duration `json:"max,omitempty"`
	// Jitter is j of D-134, in [0, 1].
	Jitter float64 `json:"jitter,omitempty"`
}

// RetryPolicy says whether and when a failed attempt is repeated. The nearest
// policy applies whole: asset, then launch, then location default (D-129).
type RetryPolicy struct {
	// MaxRetries is the number of attempts beyond the first.
	MaxRetries int     `json:"maxRetries"`
	Backoff    Backoff `json:"backoff,omitzero"`
	// On restricts retries to these error kinds and reasons; empty means all,
	// and the word "transient" stands for out_of_memory, timeout and
	// infrastructure (D-131).
	On []string `json:"on,omitempty"`
}
