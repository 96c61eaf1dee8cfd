package partition

import (
	"errors"
	"fmt"
	"time"
)

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

// String returns the mapping as people read it, such as "offset -1".
func (m Mapping) String() string {
	switch m.Kind {
	case "":
		return "default"
	case Offset:
		return fmt.Sprintf("offset %+d", m.Offset)
	}
	return string(m.Kind)
}

// Default returns m, or the mapping that stands for the zero Mapping between
// the two spaces: identity when both are partitioned or neither is, all when
// only the downstream is. nil means not partitioned. It is the zero Mapping
// where the choice must be explicit.
func (m Mapping) Default(down, up Space) Mapping {
	switch {
	case m != Mapping{}:
		return m
	case down == nil && up != nil:
		return m
	case down != nil && up == nil:
		return Mapping{Kind: All}
	}
	return Mapping{Kind: Identity}
}

// Validate reports why the mapping is no legal one from down to up (D-96 to
// D-101); nil means not partitioned. Identity demands that every downstream key
// exists upstream, as far as declarations tell.
func (m Mapping) Validate(down, up Space) error { return m.validate(down, up, false) }

// ValidateOptional is Validate for an input that may find nothing: downstream
// keys outside of the upstream's range are legal.
func (m Mapping) ValidateOptional(down, up Space) error { return m.validate(down, up, true) }

func (m Mapping) validate(down, up Space, optional bool) error {
	if m.Kind != Offset && m.Offset != 0 {
		return fmt.Errorf("mapping %s has an offset of %d; only the offset mapping takes one", m, m.Offset)
	}
	switch m.Default(down, up).Kind {
	case All:
		return nil
	case Identity:
		return validateIdentity(down, up, optional)
	case Offset:
		return m.validateOffset(down, up)
	case "":
		return errors.New("the upstream is partitioned and this asset is not, so the mapping must be explicit: take all of its keys")
	}
	return fmt.Errorf("unknown mapping %q; known are %s, %s and %s", clip(string(m.Kind)), Identity, All, Offset)
}

func validateIdentity(down, up Space, optional bool) error {
	switch {
	case down == nil && up == nil:
		return nil
	case up == nil:
		return errors.New("identity mapping to an upstream without partitions: drop the mapping")
	case down == nil:
		return errors.New("identity mapping from an asset without partitions to a partitioned upstream: take all of its keys")
	case down.Definition().Kind != up.Definition().Kind:
		return fmt.Errorf("identity mapping between %s and %s partitions: the keys differ", down.Definition().Kind, up.Definition().Kind)
	}
	if d, ok := down.(*static); ok {
		return d.subsetOf(up.(*static), optional)
	}
	return down.(*grid).within(up.(*grid), optional)
}

// subsetOf reports the first keys of s that are missing in up.
func (s *static) subsetOf(up *static, optional bool) error {
	if optional || s.fingerprint == up.fingerprint {
		return nil
	}
	const most = 3
	var missing []Key
	count := 0
	for _, key := range s.keys {
		if _, ok := up.index[key]; ok {
			continue
		}
		if count++; count <= most {
			missing = append(missing, key)
		}
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("identity mapping: %d of the keys do not exist upstream, such as %q", count, missing)
}

// within reports why g is no sub-grid of up, or leaves its declared range.
func (g *grid) within(up *grid, optional bool) error {
	if err := g.subgridOf(up); err != nil {
		return fmt.Errorf("identity mapping: %w", err)
	}
	switch {
	case optional:
		return nil
	case g.start < up.start:
		return fmt.Errorf("identity mapping: the first key %s lies before the upstream's first key %s", g.key(g.start), up.key(up.start))
	case up.open:
		return nil
	case g.open:
		return fmt.Errorf("identity mapping: the keys have no end, but the upstream's last key is %s", up.key(up.last))
	case g.last > up.last:
		return fmt.Errorf("identity mapping: the last key %s lies after the upstream's last key %s", g.key(g.last), up.key(up.last))
	}
	return nil
}

// subgridOf reports why not every tick of g is one of up's line of ticks: the
// step must be a multiple and the starts aligned (D-98).
func (g *grid) subgridOf(up *grid) error {
	if g.step%up.step != 0 {
		return fmt.Errorf("a step of %s is no multiple of the upstream's %s", seconds(g.step), seconds(up.step))
	}
	if (g.start-up.start)%up.step != 0 {
		return fmt.Errorf("the grid is not aligned with the upstream's, which starts at %s", up.key(up.start))
	}
	return nil
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func (m Mapping) validateOffset(down, up Space) error {
	if m.Offset > MaxOffset || m.Offset < -MaxOffset {
		return fmt.Errorf("an offset of %d is beyond the limit of %d", m.Offset, MaxOffset)
	}
	d, ok1 := down.(*grid)
	u, ok2 := up.(*grid)
	if !ok1 || !ok2 {
		return errors.New("an offset mapping needs time partitions on both sides")
	}
	if err := d.subgridOf(u); err != nil {
		return fmt.Errorf("offset mapping: %w", err)
	}
	return nil
}
