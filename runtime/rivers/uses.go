package rivers

import (
	"errors"
	"fmt"
)

// Usable is what a function may read through its context once Uses declared
// it: a config, a resource, or an input beyond the six parameters.
type Usable interface{ use(d *declaration) }

// Uses declares what the function reads by Config.Get, Resource.Get and Get.
// Reading what was not declared fails the step.
func Uses(things ...Usable) Option {
	return optionFunc(func(d *declaration) {
		for i, thing := range things {
			if thing == nil {
				d.problem(fmt.Errorf("Uses: argument %d is nil", i+1))
				continue
			}
			thing.use(d)
		}
	})
}

// Get loads an input that the asset declared by Uses. A failure is an error of
// the step unless the function handles it.
func Get[A any](ctx *Context, in Input[A]) (A, error) {
	var zero A
	want := edgeOf(in)
	if want == nil {
		return zero, errors.New("get: the input is nil")
	}
	for n, e := range ctx.decl.edges {
		if e.same(want) {
			return in.load(ctx, n)
		}
	}
	return zero, fmt.Errorf("asset %q reads %q, which it does not declare; add rivers.Uses(…) to its options",
		ctx.decl.def.Name, want.up.def.Name)
}

// usable declares an edge that is read by Get.
type usable struct{ e *edge }

func (u usable) use(d *declaration) {
	if u.e == nil {
		d.problem(errors.New("Uses: an input is nil"))
		return
	}
	d.addEdge(u.e)
}

func (a *Asset[T]) use(d *declaration) { usable{a.edge()}.use(d) }
