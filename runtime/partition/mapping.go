package partition

// MappingKind names how the keys of a downstream asset select the keys of an
// upstream one.
type MappingKind string

// The mappings.
const (
	// Identity takes the same key.
	Identity MappingKind = "identity"
	// All takes every key of the upstream.
	All MappingKind = "all"
	// Offset takes the key a number of windows away on the upstream's grid.
	Offset MappingKind = "offset"
)

// MaxOffset bounds the distance of an offset mapping, in windows (D-99).
const MaxOffset = 100_000

// Mapping says which upstream keys one downstream key consumes. The zero
// Mapping is the default for the pair (D-96).
type Mapping struct {
	Kind MappingKind `json:"kind,omitempty"`
	// Offset is the distance in upstream windows; negative is earlier.
	Offset int `json:"offset,omitempty"`
}
