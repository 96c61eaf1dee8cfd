package rivers

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"rivers.io/runtime/asset"
)

// Resource is a typed handle to something that steps share: a database, a
// client, a cache. It is set up once per process and torn down at its end.
type Resource[T any] struct{ any *anyResource }

// anyResource is a Resource without its type.
type anyResource struct {
	name  string
	site  asset.Site
	setup func(ctx context.Context) (any, func() error, error)
}

// NewResource declares a resource. setup makes it when the process starts, in
// the order in which the repository's assets use their resources, and returns
// how to tear it down, or nil; teardown happens in the reverse order. Inside of
// setup, Get of another resource sets that one up first. An asset names the
// resource in Uses, its function reads it by Get.
func NewResource[T any](name string, setup func(ctx context.Context) (T, func() error, error)) *Resource[T] {
	r := &anyResource{name: name}
	if _, file, line, ok := runtime.Caller(1); ok {
		r.site = asset.Site{File: file, Line: line}
	}
	if setup != nil {
		r.setup = func(ctx context.Context) (any, func() error, error) { return setup(ctx) }
	}
	return &Resource[T]{any: r}
}

// Name returns the resource's name.
func (r *Resource[T]) Name() string { return r.any.name }

// Get returns the resource. ctx is that of an asset's function or of another
// resource's setup, or derived from one. In an asset that does not declare the
// resource by Uses it panics, which fails the step.
func (r *Resource[T]) Get(ctx context.Context) T {
	if step, ok := ctx.Value(contextKey{}).(*Context); ok {
		return r.ofStep(step)
	}
	set, ok := ctx.Value(setupKey{}).(*setupState)
	if !ok {
		panic(misuse{fmt.Errorf("resource %q: Get needs the context of an asset's function or of a setup", r.any.name)})
	}
	v, err := set.get(ctx, r.any)
	if err != nil {
		panic(misuse{err})
	}
	return v.(T)
}

func (r *Resource[T]) ofStep(step *Context) T {
	declared := false
	for _, used := range step.decl.uses {
		declared = declared || used == r.any
	}
	if !declared {
		panic(misuse{fmt.Errorf("asset %q reads resource %q, which it does not declare; add rivers.Uses(…) to its options",
			step.Asset(), r.any.name)})
	}
	v, ok := step.host.resource(r.any)
	if !ok {
		panic(misuse{fmt.Errorf("resource %q is not set up", r.any.name)})
	}
	return v.(T)
}

// Instead makes the host use v and not set the resource up; for tests and for
// programs that have one already.
func (r *Resource[T]) Instead(v T) Replacement { return Replacement{of: r.any, value: v} }

// Replacement is a value in place of a resource's setup.
type Replacement struct {
	of    *anyResource
	value any
}

func (r *Resource[T]) use(d *declaration) {
	if r == nil {
		d.problem(errors.New("Uses: a resource is nil"))
		return
	}
	for _, used := range d.uses {
		if used == r.any {
			return
		}
	}
	d.uses = append(d.uses, r.any)
	d.def.Resources = append(d.def.Resources, r.any.name)
}
