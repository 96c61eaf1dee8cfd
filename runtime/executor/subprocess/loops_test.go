package subprocess_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strconv"
	"testing"

	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
)

// many is more values than several messages carry.
const many = 3000

// said is a result that tells something.
func said(what any) host.Result {
	return host.Result{Outputs: []host.Output{{Asset: "said", DataVersion: fmt.Sprint(what)}}}
}

// loops are steps of the child that ask for values.
var loops = map[string]func(context.Context, host.Env) (host.Result, error){
	// nested asks for the values of an input within a loop over another one.
	"nested": func(ctx context.Context, env host.Env) (host.Result, error) {
		outer, inner := 0, 0
		for v, err := range env.Values(ctx, 0) {
			if err != nil || string(v.Key) != strconv.Itoa(outer) {
				return host.Result{}, fmt.Errorf("value %d is %q, %w", outer, v.Key, err)
			}
			outer++
			for _, err := range env.Values(ctx, 1) {
				if err != nil {
					return host.Result{}, err
				}
				inner++
			}
		}
		return said([]int{outer, inner}), nil
	},
	// peek takes one value and then asks for something else.
	"peek": func(ctx context.Context, env host.Env) (host.Result, error) {
		next, stop := iter.Pull2(env.Values(ctx, 0))
		defer stop()
		v, err, ok := next()
		_, _, missingErr := env.Missing(ctx, 0, 0)
		return said(fmt.Sprint(v.Key, err, ok, missingErr)), nil
	},
	// again leaves loops over one input and starts them anew.
	"again": func(ctx context.Context, env host.Env) (host.Result, error) {
		for range 20 {
			for _, err := range env.Values(ctx, 0) {
				if err != nil {
					return host.Result{}, err
				}
				break
			}
		}
		n := 0
		for _, err := range env.Values(ctx, 0) {
			if err != nil {
				return host.Result{}, err
			}
			n++
		}
		return said(n), nil
	},
}

// counting is a parent that notes what each input handed out, as an engine does:
// from the start of the last loop on, and by nobody else at a time.
type counting struct {
	parent
	sizes  []int
	handed []int
	active []bool
	t      *testing.T
}

func (c *counting) Values(_ context.Context, input int) iter.Seq2[host.Value, error] {
	return func(yield func(host.Value, error) bool) {
		if c.active[input] {
			c.t.Errorf("two loops over input %d at once", input)
		}
		c.active[input] = true
		defer func() {
			runtime.Gosched()
			c.active[input] = false
		}()
		c.handed[input] = 0
		for i := range c.sizes[input] {
			c.handed[input]++
			if !yield(host.Value{Key: partition.Key(strconv.Itoa(i))}, nil) {
				return
			}
		}
	}
}

func TestLoops(t *testing.T) {
	for _, c := range []struct {
		why, step string
		sizes     []int
		said      string
		handed    int
	}{
		{"a loop within a long one does not wait for it", "nested", []int{many, 3}, fmt.Sprint([]int{many, 3 * many}), many},
		{"whole messages end as well", "nested", []int{256, 512}, fmt.Sprint([]int{256, 256 * 512}), 256},
		{"nothing at all", "nested", []int{0, 1}, "[0 0]", 0},
		{"what nobody asks for stays where it is", "peek", []int{many}, "0<nil> true <nil>", 256},
		{"a loop begins when the one before it has ended", "again", []int{many}, strconv.Itoa(many), many},
	} {
		t.Run(c.why, func(t *testing.T) {
			p := &counting{t: t, sizes: c.sizes, handed: make([]int, len(c.sizes)), active: make([]bool, len(c.sizes))}
			got, err := newHost(t).Execute(t.Context(), host.Request{Step: c.step, Attempt: 1}, p)
			if err != nil || got.Failure != nil {
				t.Fatalf("%+v, %v", got.Failure, err)
			}
			if got.Outputs[0].DataVersion != c.said {
				t.Errorf("said %q, want %q", got.Outputs[0].DataVersion, c.said)
			}
			if p.handed[0] != c.handed {
				t.Errorf("handed %d values out, want %d", p.handed[0], c.handed)
			}
		})
	}
}
