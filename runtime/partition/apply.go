package partition

import (
	"fmt"
	"time"
)

// OutOfRangeError tells that a mapping led to a key that the upstream does not
// have at the given instant.
type OutOfRangeError struct {
	// Key is the downstream key; Target is the upstream key it maps to.
	Key, Target Key
	// First and Last bound the upstream's keys; both are empty when it has
	// none.
	First, Last Key
}

// Error names the keys and the range.
func (e *OutOfRangeError) Error() string {
	text := fmt.Sprintf("partition %s maps to upstream partition %s", e.Key, e.Target)
	if e.Key == e.Target {
		text = fmt.Sprintf("upstream partition %s", e.Target)
	}
	if e.First == "" {
		return text + ", but the upstream has no partitions yet"
	}
	return fmt.Sprintf("%s, which is outside of %s..%s", text, e.First, e.Last)
}

// Upstream returns the one upstream key that a downstream key consumes: the
// same key of identity, the shifted one of offset, and "" for an upstream
// without partitions. A key that the upstream does not have at now is an
// *OutOfRangeError (D-174), one that down does not have a *KeyError.
//
// The mapping must be legal between the spaces and, when up is partitioned, not
// All, whose answer is a Set (UpstreamSet).
func (m Mapping) Upstream(down, up Space, key Key, now time.Time) (Key, error) {
	if up == nil {
		return "", nil
	}
	m = m.Default(down, up)
	if m.Kind != Identity && m.Kind != Offset {
		return "", fmt.Errorf("mapping %s does not name one upstream key", m)
	}
	target := key
	if m.Kind == Offset {
		var err error
		if target, err = m.shift(down, up, key); err != nil {
			return "", err
		}
	}
	if _, err := up.Ordinal(target, now); err != nil {
		outside := &OutOfRangeError{Key: key, Target: target}
		outside.First, _ = First(up, now)
		outside.Last, _ = Last(up, now)
		return "", outside
	}
	return target, nil
}

// shift moves a downstream key by the offset in upstream windows.
func (m Mapping) shift(down, up Space, key Key) (Key, error) {
	d, ok1 := down.(*grid)
	u, ok2 := up.(*grid)
	if !ok1 || !ok2 {
		return "", fmt.Errorf("mapping %s needs time partitions on both sides", m)
	}
	tick, exact, ok := d.parse(string(key))
	if !ok || !exact {
		return "", &KeyError{Key: key, Problem: "is not " + d.shape}
	}
	target := tick + int64(m.Offset)*u.step
	return u.key(min(max(target, minDay*secondsPerDay), (maxDay+1)*secondsPerDay-u.step)), nil
}

// unpartitioned is the set that stands for the one value of an asset without
// partitions.
func unpartitioned() Set { return SetOf(0) }

// UpstreamSet returns the upstream ordinals that the given downstream ordinals
// consume, as far as they exist at now. An asset without partitions counts as
// the ordinal 0 on either side. The mapping must be legal.
func (m Mapping) UpstreamSet(down, up Space, keys Set, now time.Time) Set {
	if keys.IsEmpty() {
		return Set{}
	}
	if up == nil {
		return unpartitioned()
	}
	m = m.Default(down, up)
	if m.Kind == All || down == nil {
		return Full(up, now)
	}
	return m.translate(keys, down, up, now, 1)
}

// Downstream is the inverse of UpstreamSet: the downstream ordinals at now that
// consume any of the given upstream ordinals.
func (m Mapping) Downstream(down, up Space, keys Set, now time.Time) Set {
	if keys.IsEmpty() {
		return Set{}
	}
	if down == nil {
		return unpartitioned()
	}
	m = m.Default(down, up)
	if m.Kind == All || up == nil {
		return Full(down, now)
	}
	return m.translate(keys, up, down, now, -1)
}

// translate carries ordinals of one space over to another; sign tells in which
// direction the offset counts.
func (m Mapping) translate(keys Set, from, to Space, now time.Time, sign int64) Set {
	keys = keys.And(Full(from, now))
	if source, ok := from.(*grid); ok {
		target := to.(*grid)
		// The offset counts in windows of the upstream.
		window := target.step
		if sign < 0 {
			window = source.step
		}
		return translateGrid(keys, source, target, sign*int64(m.Offset)*window).And(Full(to, now))
	}
	if from.Fingerprint() == to.Fingerprint() {
		return keys.And(Full(to, now))
	}
	var out Set
	for at := range keys.Ordinals() {
		key, _ := from.Key(at, now)
		if there, err := to.Ordinal(key, now); err == nil {
			out.Add(there)
		}
	}
	return out
}

// translateGrid moves ticks by shift seconds from one grid to another. Between
// grids of one step it moves all at once, else one tick after the other; ticks
// that the target does not have are dropped.
func translateGrid(keys Set, from, to *grid, shift int64) Set {
	shift += from.start - to.start
	if from.step == to.step {
		return keys.Shift(shift / from.step)
	}
	var out Set
	for at := range keys.Ordinals() {
		tick := int64(at)*from.step + shift
		if tick >= 0 && tick%to.step == 0 {
			out.Add(uint64(tick / to.step))
		}
	}
	return out
}
