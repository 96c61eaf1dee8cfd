package rivers

import (
	"context"
	"log/slog"
	"reflect"

	"rivers.io/runtime/host"
	"rivers.io/runtime/metadata"
)

// Ref locates one stored value for the handler that wrote it.
type Ref = host.Ref

// Handler stores the values of assets and loads them again. It is called from
// several goroutines at once.
//
// A stored value is immutable: HandleOutput writes a new object for every
// attempt and never touches one that was written before, so that a load by
// reference reads what was published under it. Most handlers are easier written
// for one type, by HandlerFor.
type Handler interface {
	// Name identifies the handler in references; it must stay the same as long
	// as values written under it are to be read.
	Name() string
	// HandleOutput stores value, which has the type ctx.Type, and returns where.
	HandleOutput(ctx *OutputContext, value any) (Ref, error)
	// LoadInput loads the value at ctx.Ref into target, which is a pointer to
	// ctx.Type. When there is no such value the error wraps ErrNotFound.
	LoadInput(ctx *InputContext, target any) error
}

// TypeChecker is a Handler that cannot store every type; Validate asks it about
// the type of each asset that the handler stores.
type TypeChecker interface {
	// CheckType returns why values of t cannot be stored, or nil.
	CheckType(t reflect.Type) error
}

// OutputContext tells a Handler what it stores. It ends with the attempt.
type OutputContext struct {
	context.Context
	// Logger writes to the attempt's log.
	Logger *slog.Logger
	// Asset, Partition, Run and Attempt say what produced the value; Partition
	// is empty for an asset without partitions.
	Asset     string
	Partition Key
	Run       string
	Attempt   int
	// ValueID is a new UUIDv7 for the value.
	ValueID string
	// Type is the declared type of the value.
	Type reflect.Type
	// Metadata is the asset's declared metadata.
	Metadata map[string]string
	// Recorded is what the function recorded about the value.
	Recorded map[string]metadata.Value

	record *recorder
}

// AddMetadata records one entry about the stored value, as Context.AddMetadata
// does; it never replaces an entry of the function.
func (c *OutputContext) AddMetadata(key string, value any) {
	if c.record != nil {
		c.record.stored(key, value)
	}
}

// RegisterDataVersion names the state of the stored data; it comes before every
// other data version (D-62).
func (c *OutputContext) RegisterDataVersion(version string) {
	if c.record != nil {
		c.record.storedVersion(version)
	}
}

// InputContext tells a Handler what it loads. It ends with the attempt.
type InputContext struct {
	context.Context
	// Logger writes to the attempt's log.
	Logger *slog.Logger
	// Upstream is the asset that is loaded, Partition its key.
	Upstream  string
	Partition Key
	// Downstream is the asset that wants the value, Run its run.
	Downstream string
	Run        string
	// Ref is what HandleOutput returned for the value.
	Ref Ref
	// Type is the type wanted.
	Type reflect.Type
	// Metadata is the upstream's declared metadata, or what the input gives
	// instead by WithMetadata.
	Metadata map[string]string
	// DataVersion is the recorded version of the value.
	DataVersion string
}
