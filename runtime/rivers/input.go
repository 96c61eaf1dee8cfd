package rivers

import (
	"fmt"
	"iter"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
)

// Input is what a parameter of an asset's function is loaded from: an asset,
// or an asset seen through All, Complete, Offset, Via, WithMetadata or Optional. The type of
// the input is the type of the parameter.
type Input[A any] interface {
	Usable
	source
	// load gives the value of the step's n-th input.
	load(ctx *Context, n int) (A, error)
}

// source is an input without its type.
type source interface{ edge() *edge }

// edge describes one input of a declaration.
type edge struct {
	up       *declaration
	kind     asset.InputKind
	mapping  partition.Mapping
	complete bool
	optional bool
	// handler takes the place of the handler that wrote the value (D-53).
	handler Handler
	// metadata takes the place of the upstream's own; nil is no override (D-54).
	metadata map[string]string
}

func (e *edge) input() asset.Input {
	return asset.Input{
		Asset: e.up.def.Name, Kind: e.kind, Mapping: e.mapping,
		Complete: e.complete, Optional: e.optional,
	}
}

// same reports whether both edges load the same thing.
func (e *edge) same(o *edge) bool {
	return e.up == o.up && e.kind == o.kind && e.mapping == o.mapping &&
		e.complete == o.complete && e.optional == o.optional && sameHandler(e.handler, o.handler) &&
		sameMetadata(e.metadata, o.metadata)
}

// edgeOf returns the edge of an input, or nil when the input is nil or wraps
// an asset that is.
func edgeOf(in source) *edge {
	if in == nil {
		return nil
	}
	return in.edge()
}

// edge makes the asset an input: its value for the same key, or its only value.
func (a *Asset[T]) edge() *edge {
	if a == nil {
		return nil
	}
	return &edge{up: a.decl, kind: asset.Data}
}

func (a *Asset[T]) load(ctx *Context, n int) (T, error) { return loadOne[T](ctx, n, a.edge()) }

// with returns the asset's edge with one thing changed; nil stays nil.
func (a *Asset[T]) with(change func(*edge)) *edge {
	e := a.edge()
	if e != nil {
		change(e)
	}
	return e
}

// single is an asset's value seen through a changed edge.
type single[T any] struct {
	usable
	at *edge
}

func (s single[T]) edge() *edge { return s.at }

func (s single[T]) load(ctx *Context, n int) (T, error) { return loadOne[T](ctx, n, s.at) }

// Offset is the asset's value n windows away from the step's own: -1 is the
// window before. Outside of the asset's range the step fails, naming key and
// range; Optional gives nil there.
func (a *Asset[T]) Offset(n int) Input[T] {
	e := a.with(func(e *edge) { e.mapping = partition.Mapping{Kind: partition.Offset, Offset: n} })
	return single[T]{at: e, usable: usable{e}}
}

// Via is the asset's value loaded by another handler than the one that wrote
// it.
func Via[T any](a *Asset[T], h Handler) Input[T] {
	e := a.with(func(e *edge) { e.handler = h })
	return single[T]{at: e, usable: usable{e}}
}

// all is every stored partition of an asset.
type all[T any] struct {
	usable
	at *edge
}

// All is every partition of the asset that had a stored value when the run
// began, or got one in the run: a sequence in definition order that loads each value when the loop
// reaches it. A value that cannot be loaded ends the loop, cancels the context
// and fails the step whatever the function returns.
func (a *Asset[T]) All() Input[iter.Seq2[Key, T]] {
	e := a.with(func(e *edge) { e.mapping = partition.Mapping{Kind: partition.All} })
	return all[T]{at: e, usable: usable{e}}
}

func (s all[T]) edge() *edge { return s.at }

func (s all[T]) load(ctx *Context, n int) (iter.Seq2[Key, T], error) {
	return loadAll[T](ctx, n, s.at)
}

// complete is an all that wants every key.
type complete[T any] struct {
	Input[iter.Seq2[Key, T]]
	at *edge
}

// Complete is a.All() of an asset that must have a value for every key: the
// step fails before its function is called, naming the first missing keys.
func Complete[T any](in Input[iter.Seq2[Key, T]]) Input[iter.Seq2[Key, T]] {
	e := copyEdge(in)
	if e != nil {
		e.complete = true
	}
	return complete[T]{Input: in, at: e}
}

func (c complete[T]) edge() *edge { return c.at }

func (c complete[T]) use(d *declaration) { usable{c.at}.use(d) }

func (c complete[T]) load(ctx *Context, n int) (iter.Seq2[Key, T], error) {
	if err := checkComplete(ctx, n, c.at); err != nil {
		return nil, err
	}
	return c.Input.load(ctx, n)
}

// optional is an input that may be absent.
type optional[A any] struct {
	in Input[A]
	usable
	at *edge
}

// Optional is nil when nothing is stored for the input, or when its key lies
// outside of the asset's range. Any other failure to load still fails the step.
func Optional[A any](in Input[A]) Input[*A] {
	e := copyEdge(in)
	if e != nil {
		e.optional = true
	}
	return optional[A]{in: in, at: e, usable: usable{e}}
}

func (o optional[A]) edge() *edge { return o.at }

func (o optional[A]) load(ctx *Context, n int) (*A, error) {
	stored, err := anyValue(ctx, n, o.at)
	if err != nil || !stored {
		return nil, err
	}
	v, err := o.in.load(ctx, n)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

func copyEdge(in source) *edge {
	e := edgeOf(in)
	if e == nil {
		return nil
	}
	c := *e
	return &c
}

// After lists assets that must be materialized before this one although nothing
// is loaded from them: the edge orders steps and shows in the lineage. Keys are
// followed as by a loaded input; After(a.All()) follows every key of a.
func After(ups ...Following) Option {
	return optionFunc(func(d *declaration) {
		for i, up := range ups {
			e := copyEdge(up)
			if e == nil {
				d.problem(fmt.Errorf("After: asset %d is nil", i+1))
				continue
			}
			e.kind = asset.Lineage
			d.addEdge(e)
		}
	})
}

// Following is what After takes: an asset or an input.
type Following interface{ source }
