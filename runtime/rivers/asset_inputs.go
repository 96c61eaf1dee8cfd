package rivers

// NewAsset1 declares an asset whose function takes the value of one input. An
// input of another type than the function's parameter does not compile.
func NewAsset1[A, T any](name string, a Input[A], fn func(ctx *Context, a A) (T, error), opts ...Option) *Asset[T] {
	out := declare[T](name, fn == nil, opts, a)
	out.decl.call = func(ctx *Context) (any, error) {
		va, err := a.load(ctx, 0)
		if err != nil {
			return nil, err
		}
		return fn(ctx, va)
	}
	return out
}

// NewAsset2 declares an asset whose function takes the values of two inputs.
func NewAsset2[A, B, T any](name string, a Input[A], b Input[B],
	fn func(ctx *Context, a A, b B) (T, error), opts ...Option,
) *Asset[T] {
	out := declare[T](name, fn == nil, opts, a, b)
	out.decl.call = func(ctx *Context) (any, error) {
		l := loader{ctx: ctx}
		va, vb := next(&l, a), next(&l, b)
		if l.err != nil {
			return nil, l.err
		}
		return fn(ctx, va, vb)
	}
	return out
}

// NewAsset3 declares an asset whose function takes the values of three inputs.
func NewAsset3[A, B, C, T any](name string, a Input[A], b Input[B], c Input[C],
	fn func(ctx *Context, a A, b B, c C) (T, error), opts ...Option,
) *Asset[T] {
	out := declare[T](name, fn == nil, opts, a, b, c)
	out.decl.call = func(ctx *Context) (any, error) {
		l := loader{ctx: ctx}
		va, vb, vc := next(&l, a), next(&l, b), next(&l, c)
		if l.err != nil {
			return nil, l.err
		}
		return fn(ctx, va, vb, vc)
	}
	return out
}

// NewAsset4 declares an asset whose function takes the values of four inputs.
func NewAsset4[A, B, C, D, T any](name string, a Input[A], b Input[B], c Input[C], d Input[D],
	fn func(ctx *Context, a A, b B, c C, d D) (T, error), opts ...Option,
) *Asset[T] {
	out := declare[T](name, fn == nil, opts, a, b, c, d)
	out.decl.call = func(ctx *Context) (any, error) {
		l := loader{ctx: ctx}
		va, vb, vc, vd := next(&l, a), next(&l, b), next(&l, c), next(&l, d)
		if l.err != nil {
			return nil, l.err
		}
		return fn(ctx, va, vb, vc, vd)
	}
	return out
}

// NewAsset5 declares an asset whose function takes the values of five inputs.
func NewAsset5[A, B, C, D, E, T any](name string, a Input[A], b Input[B], c Input[C], d Input[D], e Input[E],
	fn func(ctx *Context, a A, b B, c C, d D, e E) (T, error), opts ...Option,
) *Asset[T] {
	out := declare[T](name, fn == nil, opts, a, b, c, d, e)
	out.decl.call = func(ctx *Context) (any, error) {
		l := loader{ctx: ctx}
		va, vb, vc, vd, ve := next(&l, a), next(&l, b), next(&l, c), next(&l, d), next(&l, e)
		if l.err != nil {
			return nil, l.err
		}
		return fn(ctx, va, vb, vc, vd, ve)
	}
	return out
}

// NewAsset6 declares an asset whose function takes the values of six inputs.
// Beyond six, declare further inputs by Uses and read them by Get.
func NewAsset6[A, B, C, D, E, F, T any](name string,
	a Input[A], b Input[B], c Input[C], d Input[D], e Input[E], f Input[F],
	fn func(ctx *Context, a A, b B, c C, d D, e E, f F) (T, error), opts ...Option,
) *Asset[T] {
	out := declare[T](name, fn == nil, opts, a, b, c, d, e, f)
	out.decl.call = func(ctx *Context) (any, error) {
		l := loader{ctx: ctx}
		va, vb, vc, vd, ve, vf := next(&l, a), next(&l, b), next(&l, c), next(&l, d), next(&l, e), next(&l, f)
		if l.err != nil {
			return nil, l.err
		}
		return fn(ctx, va, vb, vc, vd, ve, vf)
	}
	return out
}

// loader loads parameters in order until one fails.
type loader struct {
	ctx *Context
	n   int
	err error
}

// next loads the next parameter, unless one before it failed.
func next[A any](l *loader, in Input[A]) A {
	n := l.n
	l.n++
	if l.err != nil {
		var zero A
		return zero
	}
	v, err := in.load(l.ctx, n)
	l.err = err
	return v
}
