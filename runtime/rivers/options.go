package rivers

import (
	"errors"
	"fmt"
	"strings"

	"rivers.io/runtime/asset"
)

// Option describes an asset further.
type Option interface{ apply(d *declaration) }

type optionFunc func(d *declaration)

func (f optionFunc) apply(d *declaration) { f(d) }

// Description says in a sentence or two what the asset is.
func Description(text string) Option {
	return optionFunc(func(d *declaration) { d.def.Description = text })
}

// Group puts the asset into a named group; selections and pages know it.
func Group(name string) Option {
	return optionFunc(func(d *declaration) { d.def.Group = name })
}

// Kinds names what the asset is made with or of, such as "parquet" or "sql".
func Kinds(kinds ...string) Option {
	return optionFunc(func(d *declaration) { d.def.Kinds = append(d.def.Kinds, kinds...) })
}

// Tags labels the asset for selections.
func Tags(tags ...string) Option {
	return optionFunc(func(d *declaration) { d.def.Tags = append(d.def.Tags, tags...) })
}

// Owners names who answers for the asset: people, teams, addresses.
func Owners(owners ...string) Option {
	return optionFunc(func(d *declaration) { d.def.Owners = append(d.def.Owners, owners...) })
}

// Metadata declares one entry of the asset's own metadata, which handlers see
// when they store and load its values. Keys beginning with "rivers/" or
// "delta/" are reserved (D-4).
func Metadata(key, value string) Option {
	return optionFunc(func(d *declaration) {
		if _, twice := d.def.Metadata[key]; twice {
			d.problem(fmt.Errorf("metadata key %q is declared twice", key))
		}
		if d.def.Metadata == nil {
			d.def.Metadata = map[string]string{}
		}
		d.def.Metadata[key] = value
	})
}

// CodeVersion names the version of the asset's logic; changing it makes stored
// values stale.
func CodeVersion(version string) Option {
	return optionFunc(func(d *declaration) { d.def.CodeVersion = version })
}

// StoredBy lets h store and load the asset's values, in place of the default
// handler.
func StoredBy(h Handler) Option {
	return optionFunc(func(d *declaration) {
		if h == nil {
			d.problem(errors.New("StoredBy: the handler is nil"))
			return
		}
		d.handler = h
	})
}

// Where a step runs on a local machine, for Executor.
const (
	// InProcess runs the function in the process that executes the run.
	InProcess = asset.ExecutorInProcess
	// Subprocess runs the function in a child of the same binary.
	Subprocess = asset.ExecutorSubprocess
)

// Executor overrides where the asset's steps run: InProcess or Subprocess.
func Executor(where string) Option {
	return optionFunc(func(d *declaration) {
		d.def.Executor = where
	})
}

// ComputeOption asks for one axis of compute.
type ComputeOption func(*asset.Compute)

// CPU asks for processors as a Kubernetes quantity, such as "500m" or "2".
func CPU(quantity string) ComputeOption {
	return func(c *asset.Compute) { c.CPU = quantity }
}

// Memory asks for memory as a Kubernetes quantity, such as "1Gi".
func Memory(quantity string) ComputeOption {
	return func(c *asset.Compute) { c.Memory = quantity }
}

// GPU asks for a number of GPUs.
func GPU(count int) ComputeOption {
	return func(c *asset.Compute) { c.GPU = count }
}

// Compute asks for resources of the asset's steps. An axis that is not given
// follows the executor's default; local executors ignore it all (D-141).
func Compute(opts ...ComputeOption) Option {
	return optionFunc(func(d *declaration) {
		c := &asset.Compute{}
		for _, opt := range opts {
			opt(c)
		}
		d.def.Compute = c
	})
}

// reservedPrefixes are those of metadata keys that belong to the system.
var reservedPrefixes = []string{"rivers/", "delta/"}

func reserved(key string) bool {
	for _, prefix := range reservedPrefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}
