// Package iohandlertest holds the tests that an object store must pass to keep
// values: whatever the driver, values are whole, found by reference alone and
// never overwritten.
//
// It is for tests only.
package iohandlertest

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
)

type row struct {
	Name string
	At   time.Time
	N    int
	P    *float64
}

// Run runs the tests against the store at a URL.
func Run(t *testing.T, url string) {
	t.Helper()
	blob, err := iohandler.OpenBlob(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := blob.Close(); err != nil {
			t.Error(err)
		}
	})
	s := suite{blob}
	t.Run("rows come back", s.rows)
	t.Run("other values come back", s.others)
	t.Run("keys with odd characters", s.keys)
	t.Run("never overwritten", s.exclusive)
	t.Run("one of many writers wins", s.race)
	t.Run("missing is not found", s.missing)
	t.Run("canceled writes nothing", s.canceled)
	t.Run("a large value", s.large)
	t.Run("listed and deleted", s.listed)
	t.Run("a path tells value and key", s.identified)
	t.Run("the newest", s.newest)
	t.Run("claims", s.claims)
}

type suite struct{ blob *iohandler.Blob }

func output[T any](t *testing.T, key partition.Key) *rivers.OutputContext {
	t.Helper()
	return &rivers.OutputContext{
		Context: t.Context(), Logger: slog.New(slog.DiscardHandler), Asset: "suite", Partition: key,
		ValueID: uuid.Must(uuid.NewV7()).String(), Type: reflect.TypeFor[T](),
	}
}

func load[T any](t *testing.T, blob *iohandler.Blob, ref rivers.Ref) (T, error) {
	t.Helper()
	var v T
	err := blob.LoadInput(&rivers.InputContext{Context: t.Context(), Ref: ref, Type: reflect.TypeFor[T]()}, &v)
	return v, err
}

// roundTrip stores a value under a key and expects to get it back.
func roundTrip[T any](t *testing.T, s suite, key partition.Key, value T) rivers.Ref {
	t.Helper()
	ref, err := s.blob.HandleOutput(output[T](t, key), value)
	if err != nil {
		t.Fatal(err)
	}
	got, err := load[T](t, s.blob, ref)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(value, got); diff != "" {
		t.Error(diff)
	}
	return ref
}

func (s suite) rows(t *testing.T) {
	half := 0.5
	rows := []row{{"a", time.Unix(978307200, 123).UTC(), 1, &half}, {"b", time.Unix(0, 0).UTC(), -1, nil}}
	ref := roundTrip(t, s, "2001-01-01", rows)
	p, err := s.blob.Preview(t.Context(), ref, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{"a", "2001-01-01T00:00:00.000000123Z", int64(1), 0.5}}, p.Rows); diff != "" {
		t.Error(diff)
	}
}

func (s suite) others(t *testing.T) {
	roundTrip(t, s, "", map[string][]int{"a": {1, 2}})
	roundTrip(t, s, "", "text")
	roundTrip(t, s, "", []row{})
}

func (s suite) keys(t *testing.T) {
	for _, key := range []partition.Key{"2001-01-01T05:00", "a/b", "..", "a b", "ü", "%2F", "_", "#?&="} {
		ref := roundTrip(t, s, key, 1)
		if _, err := s.blob.Preview(t.Context(), ref, 1); err != nil {
			t.Errorf("preview of %q: %v", key, err)
		}
	}
}

func (s suite) exclusive(t *testing.T) {
	ctx := output[int](t, "")
	ref, err := s.blob.HandleOutput(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.blob.HandleOutput(ctx, 2); err == nil {
		t.Error("the same value id was written twice")
	}
	if got, err := load[int](t, s.blob, ref); got != 1 || err != nil {
		t.Errorf("%v %v, want the first value", got, err)
	}
}

func (s suite) race(t *testing.T) {
	const writers = 8
	shared := output[int](t, "")
	won := make(chan int, writers)
	refs := make(chan rivers.Ref, writers)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			mine := *shared
			if ref, err := s.blob.HandleOutput(&mine, i); err == nil {
				won <- i
				refs <- ref
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Fatalf("%d writers of one value id believe that they won", len(won))
	}
	if got, err := load[int](t, s.blob, <-refs); err != nil || got != <-won {
		t.Errorf("the value is not the winner's: %v %v", got, err)
	}
}

func (s suite) missing(t *testing.T) {
	ref := rivers.Ref{Path: "suite/_/none.json", Format: "json", Bytes: 1}
	if _, err := load[int](t, s.blob, ref); !errors.Is(err, rivers.ErrNotFound) {
		t.Errorf("load: %v, want ErrNotFound", err)
	}
	if _, err := s.blob.Preview(t.Context(), ref, 1); !errors.Is(err, rivers.ErrNotFound) {
		t.Errorf("preview: %v, want ErrNotFound", err)
	}
}

func (s suite) canceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := output[int](t, "canceled")
	out.Context = ctx
	if _, err := s.blob.HandleOutput(out, 1); err == nil {
		t.Error("a canceled write succeeded")
	}
	again := *out
	again.Context = t.Context()
	if _, err := s.blob.HandleOutput(&again, 2); err != nil {
		t.Errorf("the canceled write left something behind: %v", err)
	}
}

func (s suite) large(t *testing.T) {
	rows := make([]row, 20_000)
	for i := range rows {
		rows[i] = row{Name: uuid.NewString(), At: time.Unix(int64(i), 0).UTC(), N: i}
	}
	ref, err := s.blob.HandleOutput(output[[]row](t, ""), rows)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := load[[]row](t, s.blob, ref); err != nil || !reflect.DeepEqual(got, rows) {
		t.Errorf("%d rows came back changed: %v", len(got), err)
	}
	p, err := s.blob.Preview(t.Context(), ref, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rows) != 2 || p.Total != int64(len(rows)) || p.Rows[1][0] != rows[1].Name {
		t.Errorf("%d rows of %d: %v", len(p.Rows), p.Total, p.Rows)
	}
}

func (s suite) listed(t *testing.T) {
	const key = "to be listed"
	want := []string{roundTrip(t, s, key, 1).Path, roundTrip(t, s, key, 2).Path}
	list := func() []string {
		var paths []string
		for object, err := range s.blob.Objects(t.Context(), "suite", key) {
			if err != nil {
				t.Fatal(err)
			}
			if object.Bytes == 0 || object.Modified.IsZero() {
				t.Errorf("%+v", object)
			}
			paths = append(paths, object.Path)
		}
		return paths
	}
	if diff := cmp.Diff(want, list()); diff != "" {
		t.Error(diff)
	}
	for range 2 { // the second time it is gone already
		if err := s.blob.Delete(t.Context(), want[0]); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(want[1:], list()); diff != "" {
		t.Error(diff)
	}
	if err := s.blob.Delete(t.Context(), "../up"); err == nil {
		t.Error("a path outside of the store was accepted")
	}
}
