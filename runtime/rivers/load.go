package rivers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"

	"rivers.io/runtime/host"
)

// loadOne loads the single value of the step's n-th input.
func loadOne[T any](ctx *Context, n int, e *edge) (T, error) {
	var zero T
	for ref, err := range ctx.env.Values(ctx, n) {
		if err != nil {
			return zero, inputError(e, "", err)
		}
		return loadValue[T](ctx, e, ref)
	}
	return zero, notFound(ctx, n, e)
}

// loadValue loads one stored value through its handler.
func loadValue[T any](ctx *Context, e *edge, ref host.Value) (T, error) {
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
	if err := h.LoadInput(in.of(e.up, ref), &v); err != nil {
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
			v, err := loadValue[T](ctx, e, ref)
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

// anyValue reports whether a value was chosen for the n-th input.
func anyValue(ctx *Context, n int, e *edge) (bool, error) {
	for _, err := range ctx.env.Values(ctx, n) {
		if err != nil {
			return false, inputError(e, "", err)
		}
		return true, nil
	}
	return false, nil
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

// fail makes the step fail with err whatever its function returns, and cancels
// the context. The first failure counts.
func (c *Context) fail(err error) { c.cancel(&fatal{err}) }

// fatal is the cause of a context that a failure of rivers itself canceled.
type fatal struct{ err error }

func (f *fatal) Error() string { return f.err.Error() }

func (f *fatal) Unwrap() error { return f.err }

// failed returns what fail was given, or nil.
func (c *Context) failed() error {
	var f *fatal
	if errors.As(context.Cause(c.Context), &f) {
		return f.err
	}
	return nil
}
