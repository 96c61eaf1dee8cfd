package rivers

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
)

// Key is one partition key, such as "2001-01-31".
type Key = partition.Key

// Asset is a declared asset whose value is a T. It is also the Input that hands
// that value to other assets' functions.
//
// An asset is declared once, usually as a package variable, by NewAsset or one
// of NewAsset1 to NewAsset6, and never changes afterwards.
type Asset[T any] struct{ decl *declaration }

// Declared is any asset, whatever its type; Assets takes them.
type Declared interface {
	Usable
	// Name returns the asset's name.
	Name() string
	declaration() *declaration
}

// declaration is what an asset is without its type.
type declaration struct {
	def     asset.Definition
	typ     reflect.Type
	handler Handler
	config  configured
	// edges are the inputs; the first params of them are parameters.
	edges  []*edge
	params int
	uses   []*anyResource
	space  partition.Space
	// call loads the parameters, runs the function and returns its value.
	call func(ctx *Context) (any, error)
	// problems are mistakes of the declaration, reported by Validate.
	problems []error
}

// NewAsset declares an asset whose function needs no other asset.
//
// A mistake in the declaration does not panic: Repository.Validate reports it
// together with all others, each with the source line of the declaration.
func NewAsset[T any](name string, fn func(ctx *Context) (T, error), opts ...Option) *Asset[T] {
	a := declare[T](name, fn == nil, opts)
	a.decl.call = func(ctx *Context) (any, error) { return fn(ctx) }
	return a
}

// declare makes the declaration of an asset; it must be called by the exported
// constructor itself, whose caller is the declaration's site.
func declare[T any](name string, noFunction bool, opts []Option, inputs ...source) *Asset[T] {
	d := &declaration{typ: reflect.TypeFor[T]()}
	d.def.Name = name
	d.def.Type = d.typ.String()
	if _, file, line, ok := runtime.Caller(2); ok {
		d.def.Site = asset.Site{File: file, Line: line}
	}
	if noFunction {
		d.problem(errors.New("the function is nil"))
	}
	for i, in := range inputs {
		d.addInput(i, in)
	}
	d.params = len(inputs)
	for _, opt := range opts {
		if opt == nil {
			d.problem(errors.New("an option is nil"))
			continue
		}
		opt.apply(d)
	}
	d.finish()
	return &Asset[T]{decl: d}
}

// Name returns the asset's name.
func (a *Asset[T]) Name() string { return a.decl.def.Name }

// String returns the asset's name.
func (a *Asset[T]) String() string { return a.decl.def.Name }

func (a *Asset[T]) declaration() *declaration {
	if a == nil {
		return nil
	}
	return a.decl
}

func (d *declaration) problem(err error) { d.problems = append(d.problems, err) }

// addInput appends the edge of a parameter.
func (d *declaration) addInput(i int, in source) {
	e := edgeOf(in)
	if e == nil {
		d.problem(fmt.Errorf("input %d is nil", i+1))
		e = &edge{up: &declaration{}}
	}
	d.addEdge(e)
}

// addEdge appends an edge to the declaration; an edge's position is its number
// at the seam to the engine.
func (d *declaration) addEdge(e *edge) {
	d.edges = append(d.edges, e)
	d.def.Inputs = append(d.def.Inputs, e.input())
}

// finish completes what depends on several options.
func (d *declaration) finish() {
	if d.handler != nil {
		d.def.Handler = d.handler.Name()
	}
	d.checkEdges()
	if d.def.Partitions != nil {
		d.space, _ = partition.New(*d.def.Partitions) // Validate reports its error
	}
}

// Materialization is the value of an asset whose function stores its result
// itself: what it returns is recorded, no handler is called, and loading the
// asset as a data input fails with ErrNoValue. Other assets may still follow it
// by After.
type Materialization struct {
	// Metadata describes what was produced; see Context.AddMetadata for what a
	// value may be.
	Metadata map[string]any
	// DataVersion identifies the state of the data; empty means a random one.
	DataVersion string
}

var materializationType = reflect.TypeFor[Materialization]()

// Output is a value together with what is to be recorded about it. A function
// returns it by
//
//	return rivers.Output[Report]{Value: report, DataVersion: digest}.Return(ctx)
type Output[T any] struct {
	// Value is stored by the asset's handler.
	Value T
	// Metadata describes the value; its entries win over those that the context
	// was given (D-60).
	Metadata map[string]any
	// DataVersion identifies the value's content; empty means a random one.
	DataVersion string
}

// Return records metadata and data version and gives back the value, in the
// form that an asset's function returns.
func (o Output[T]) Return(ctx *Context) (T, error) {
	ctx.record.result(o.Metadata, o.DataVersion)
	return o.Value, nil
}

// maxMetadataKey bounds the keys of metadata, in bytes.
const maxMetadataKey = 200

// checkUserKey refuses metadata keys that user code may not set (D-4).
func checkUserKey(key string) error {
	switch {
	case key == "":
		return errors.New("metadata key is empty")
	case len(key) > maxMetadataKey:
		return fmt.Errorf("metadata key of %d bytes is longer than %d", len(key), maxMetadataKey)
	case reserved(key):
		return fmt.Errorf("metadata key %q is reserved", key)
	}
	return nil
}
