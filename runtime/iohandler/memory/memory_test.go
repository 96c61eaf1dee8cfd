package memory_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"rivers.io/runtime/iohandler/memory"
	"rivers.io/runtime/rivers"
)

func load(h *memory.Handler, t *testing.T, path string, target any) error {
	t.Helper()
	return h.LoadInput(&rivers.InputContext{
		Context: t.Context(), Upstream: "up", Ref: rivers.Ref{Path: path}, Type: reflect.TypeOf(target).Elem(),
	}, target)
}

func TestValuesOfOneProcess(t *testing.T) {
	var h memory.Handler
	ref, err := h.HandleOutput(&rivers.OutputContext{Context: t.Context(), ValueID: "1"}, []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	if err := load(&h, t, ref.Path, &got); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	var wrong string
	if err := load(&h, t, ref.Path, &wrong); err == nil || !strings.Contains(err.Error(), "is a []int, not a string") {
		t.Errorf("another type: %v", err)
	}
	var other memory.Handler
	err = load(&other, t, ref.Path, &got)
	if !errors.Is(err, rivers.ErrNotFound) || !strings.Contains(err.Error(), `"up"`) || !strings.Contains(err.Error(), "RIVERS_VALUES_URL") {
		t.Errorf("another process: %v, want the asset and what to set", err)
	}
}

func TestNilIsAValue(t *testing.T) {
	var h memory.Handler
	ref, err := h.HandleOutput(&rivers.OutputContext{Context: t.Context(), ValueID: "1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := errors.New("before")
	if err := load(&h, t, ref.Path, &got); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}
