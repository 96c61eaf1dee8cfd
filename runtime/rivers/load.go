package rivers

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"strings"

	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
)

// loadOne loads the single value of the step's n-th input.
func loadOne[T any](ctx *Context, n int, e *edge) (T, error) {
	var zero T
	for ref, err := range ctx.env.Values(ctx, n) {
		if err != nil {
			return zero, inputError(e, "", err)
		}
		return loadValue[T](ctx, n, e, ref)
	}
	return zero, notFound(ctx, n, e)
}

// loadValue loads one stored value of the n-th input through its handler.
func loadValue[T any](ctx *Context, n int, e *edge, ref host.Value) (T, error) {
	var v T
	if err := ctx.Err(); err != nil {
		return v, context.Cause(ctx)
	}
	if ref.Ref == nil {
		return v, inputError(e, ref.Key, ErrNoValue)
	}
	h, err := ctx.host.handlerOf(e, ref.Ref.Handler)
	if err != nil {
		return v, inputError(e, ref.Key, err)
	}
	in := &InputContext{
		Context: ctx, Logger: ctx.Logger,
		Downstream: ctx.Asset(), Run: ctx.Run(), Type: reflect.TypeFor[T](),
	}
	in = in.of(e.up, ref)
	// The declared edge knows what was put around e.
	if override := ctx.decl.edges[n].metadata; override != nil {
		in.Metadata = maps.Clone(override)
	}
	if err := h.LoadInput(in, &v); err != nil {
		var zero T
		return zero, inputError(e, ref.Key, err)
	}
	return v, nil
}

// of says which value is loaded.
func (c *InputContext) of(up *declaration, ref host.Value) *InputContext {
	c.Upstream, c.Partition = up.def.Name, ref.Key
	c.Ref, c.DataVersion, c.Metadata = *ref.Ref, ref.DataVersion, ref.Metadata
	if c.Metadata == nil {
		c.Metadata = up.def.Metadata
	}
	return c
}

// loadAll gives the stored values of the n-th input, each loaded when the loop
// reaches it.
func loadAll[T any](ctx *Context, n int, e *edge) (iter.Seq2[Key, T], error) {
	if err := ctx.noteMissing(n, e); err != nil {
		return nil, err
	}
	return func(yield func(Key, T) bool) {
		for ref, err := range ctx.env.Values(ctx, n) {
			if err != nil {
				ctx.fail(inputError(e, "", err))
				return
			}
			v, err := loadValue[T](ctx, n, e, ref)
			if err != nil {
				ctx.fail(err)
				return
			}
			if !yield(ref.Key, v) {
				return
			}
		}
	}, nil
}

// anyValue reports whether a value was chosen for the n-th input. An input of
// many keys is only counted: what is asked for counts as read.
func anyValue(ctx *Context, n int, e *edge) (bool, error) {
	if e.mapping.Kind == partition.All {
		return anyKey(ctx, n, e)
	}
	for _, err := range ctx.env.Values(ctx, n) {
		if err != nil {
			return false, inputError(e, "", err)
		}
		return true, nil
	}
	return false, nil
}

// anyKey reports whether any key of the n-th input has a value.
func anyKey(ctx *Context, n int, e *edge) (bool, error) {
	_, missing, err := ctx.env.Missing(ctx, n, 0)
	if err != nil {
		return false, inputError(e, "", err)
	}
	keys := uint64(1)
	if e.up.space != nil {
		keys = e.up.space.Count(ctx.req.Now)
	}
	return keys > missing, nil
}

// checkRanges fails when a parameter's key lies outside of its asset's range, so
// that nothing is loaded for a step that cannot run (D-174). The first parameter
// needs no check: it is loaded first.
func (c *Context) checkRanges() error {
	for n := 1; n < c.decl.params; n++ {
		e := c.decl.edges[n]
		if e.mapping.Kind == partition.All || e.optional {
			continue
		}
		for _, err := range c.env.Values(c, n) {
			if err != nil {
				return inputError(e, "", err)
			}
			break
		}
	}
	return nil
}

// shownMissing is how many missing keys an error names.
const shownMissing = 5

// checkComplete fails when the n-th input lacks a key.
func checkComplete(ctx *Context, n int, e *edge) error {
	first, total, err := ctx.env.Missing(ctx, n, shownMissing)
	if err != nil {
		return inputError(e, "", err)
	}
	if total == 0 {
		return nil
	}
	return fmt.Errorf("input %q is not complete: %d %s no value: %s: %w", e.up.def.Name,
		total, plural(total, "key has", "keys have"), listKeys(first, total), ErrNotFound)
}

// noteMissing records how many keys an input of all partitions lacks (D-101).
func (c *Context) noteMissing(n int, e *edge) error {
	_, total, err := c.env.Missing(c, n, 0)
	if err != nil {
		return inputError(e, "", err)
	}
	if total > 0 {
		c.record.stored("rivers/missing/"+e.up.def.Name, total)
	}
	return nil
}

// notFound names the asset and key whose value is missing.
func notFound(ctx *Context, n int, e *edge) error {
	first, _, err := ctx.env.Missing(ctx, n, 1)
	if err != nil {
		return inputError(e, "", err)
	}
	var key Key
	if len(first) > 0 {
		key = first[0]
	}
	return inputError(e, key, fmt.Errorf("%w; materialize it first", ErrNotFound))
}

// inputError says which input could not be loaded.
func inputError(e *edge, key Key, err error) error {
	if key == "" {
		return fmt.Errorf("input %q: %w", e.up.def.Name, err)
	}
	return fmt.Errorf("input %q, partition %q: %w", e.up.def.Name, key, err)
}

func listKeys(first []Key, total uint64) string {
	names := make([]string, len(first))
	for i, key := range first {
		names[i] = string(key)
		if key == "" {
			names[i] = "(no partition)"
		}
	}
	list := strings.Join(names, ", ")
	if uint64(len(first)) < total {
		list += ", …"
	}
	return list
}

func plural(n uint64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
