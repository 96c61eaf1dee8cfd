// Package memory keeps the values of assets in the memory of one process, for
// tests.
//
// It must never be the default of a program: a value is gone with the process,
// and another process cannot load it.
package memory

import (
	"fmt"
	"reflect"
	"sync"

	"rivers.io/runtime/rivers"
)

// Handler keeps values in memory. The zero Handler is ready for use, by several
// goroutines at once. Values are handed over as they are, not copied.
type Handler struct {
	mu     sync.RWMutex
	values map[string]any
}

var _ rivers.Handler = (*Handler)(nil)

// Name returns "memory".
func (h *Handler) Name() string { return "memory" }

// HandleOutput keeps value.
func (h *Handler) HandleOutput(ctx *rivers.OutputContext, value any) (rivers.Ref, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.values == nil {
		h.values = map[string]any{}
	}
	h.values[ctx.ValueID] = value
	return rivers.Ref{Handler: h.Name(), Path: ctx.ValueID}, nil
}

// LoadInput hands the value over. One that another process keeps is an error
// that names the asset and says how to share values.
func (h *Handler) LoadInput(ctx *rivers.InputContext, target any) error {
	h.mu.RLock()
	value, ok := h.values[ctx.Ref.Path]
	h.mu.RUnlock()
	if !ok {
		return fmt.Errorf("the value of asset %q is in the memory of another process; "+
			"set RIVERS_VALUES_URL to a store that both can reach: %w", ctx.Upstream, rivers.ErrNotFound)
	}
	into := reflect.ValueOf(target).Elem()
	if value == nil {
		into.SetZero()
		return nil
	}
	v := reflect.ValueOf(value)
	if !v.Type().AssignableTo(into.Type()) {
		return fmt.Errorf("the value of asset %q is a %s, not a %s", ctx.Upstream, v.Type(), into.Type())
	}
	into.Set(v)
	return nil
}
