package rivers_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"testing"

	"rivers.io/runtime/host"
	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
)

// env is an Env whose answers a test writes down.
type env struct {
	values         map[int][]host.Value
	missing        map[int][]partition.Key
	valueErr       error
	stdout, stderr bytes.Buffer
	logs           bytes.Buffer
}

func (e *env) Values(_ context.Context, input int) iter.Seq2[host.Value, error] {
	return func(yield func(host.Value, error) bool) {
		for _, v := range e.values[input] {
			if !yield(v, nil) {
				return
			}
		}
		if e.valueErr != nil {
			yield(host.Value{}, e.valueErr)
		}
	}
}

func (e *env) Missing(_ context.Context, input, limit int) ([]partition.Key, uint64, error) {
	keys := e.missing[input]
	return keys[:min(limit, len(keys))], uint64(len(keys)), nil
}

func (e *env) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(&e.logs, nil)) }

func (e *env) Stdout() io.Writer { return &e.stdout }

func (e *env) Stderr() io.Writer { return &e.stderr }

type point struct {
	X, Y int
	Name string
}

func TestStepStoresAndLoads(t *testing.T) {
	points := rivers.NewAsset("points", func(ctx *rivers.Context) ([]point, error) {
		ctx.AddMetadata("note", "three")
		return []point{{1, 2, "a"}, {3, 4, "b"}, {5, 6, "c"}}, nil
	})
	sum := rivers.NewAsset1("sum", points, func(_ *rivers.Context, ps []point) (int, error) {
		total := 0
		for _, p := range ps {
			total += p.X + p.Y
		}
		return total, nil
	})
	handler, err := iohandler.OpenBlob(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	repo := rivers.NewRepository("test", rivers.Assets(points, sum))
	if err := repo.Validate(); err != nil {
		t.Fatal(err)
	}
	h := rivers.NewHost(repo, rivers.HostConfig{Handler: handler})
	first, err := h.Execute(t.Context(), host.Request{Run: "r", Step: "points", Attempt: 1}, &env{})
	if err != nil || first.Failure != nil {
		t.Fatal(err, first.Failure)
	}
	fmt.Printf("%+v\n", first.Outputs[0].Value)
	for k, v := range first.Outputs[0].Metadata {
		fmt.Printf("%s %s\n", k, v)
	}
	second, err := h.Execute(t.Context(), host.Request{Run: "r", Step: "sum", Attempt: 1},
		&env{values: map[int][]host.Value{0: {{Ref: first.Outputs[0].Value}}}})
	if err != nil || second.Failure != nil {
		t.Fatal(err, second.Failure)
	}
	fmt.Printf("%+v\n", second.Outputs[0].Value)
}
