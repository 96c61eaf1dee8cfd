package rivers

import (
	"fmt"
	"reflect"
)

// HandlerFor makes a Handler of two functions for values of type T, for assets
// whose StoredBy names it. An asset of another type is a mistake that Validate
// reports.
func HandlerFor[T any](
	name string,
	save func(ctx *OutputContext, value T) (Ref, error),
	load func(ctx *InputContext) (T, error),
) Handler {
	return &typedHandler[T]{name: name, save: save, read: load}
}

type typedHandler[T any] struct {
	name string
	save func(*OutputContext, T) (Ref, error)
	read func(*InputContext) (T, error)
}

var (
	_ Handler     = &typedHandler[int]{}
	_ TypeChecker = &typedHandler[int]{}
)

func (h *typedHandler[T]) Name() string { return h.name }

func (h *typedHandler[T]) CheckType(t reflect.Type) error {
	if want := reflect.TypeFor[T](); t != want {
		return fmt.Errorf("handler %q stores %s, not %s", h.name, want, t)
	}
	return nil
}

func (h *typedHandler[T]) HandleOutput(ctx *OutputContext, value any) (Ref, error) {
	v, ok := value.(T)
	if !ok && value != nil {
		return Ref{}, h.CheckType(reflect.TypeOf(value))
	}
	return h.save(ctx, v)
}

func (h *typedHandler[T]) LoadInput(ctx *InputContext, target any) error {
	to, ok := target.(*T)
	if !ok {
		return h.CheckType(reflect.TypeOf(target).Elem())
	}
	v, err := h.read(ctx)
	if err == nil {
		*to = v
	}
	return err
}
