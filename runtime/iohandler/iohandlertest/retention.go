package iohandlertest

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/partition"
)

// identified lists what was written under odd keys.
func (s suite) identified(t *testing.T) {
	const name = "identified"
	for _, key := range []partition.Key{"", "_", "2001-01-31T05:00", "a/b", "%5F", "Zürich", partition.Key(strings.Repeat("ü", 200))} {
		ctx := output[int](t, key)
		ctx.Asset = name
		ref, err := s.blob.HandleOutput(ctx, 7)
		if err != nil {
			t.Fatal(err)
		}
		long := len(key) > 100 // its part of the path is cut
		for o, err := range s.blob.Objects(t.Context(), name, key) {
			if err != nil {
				t.Fatal(err)
			}
			if o.Path != ref.Path || o.ID.String() != ctx.ValueID || o.KeyKnown == long || o.KeyKnown && o.Key != key {
				t.Errorf("key %q: %+v", key, o)
			}
		}
		if got := iohandler.Directory(name, key); got != path.Dir(ref.Path)+"/" {
			t.Errorf("key %q lies in %s, not %s", key, ref.Path, got)
		}
	}
}

// newest reads the pointer beside the values of a key.
func (s suite) newest(t *testing.T) {
	const key = "pointed at"
	dir := iohandler.Directory("suite", key)
	if got, err := s.blob.Newest(t.Context(), dir); got != "" || err != nil {
		t.Errorf("before anything was written: %q, %v", got, err)
	}
	for n := range 2 {
		ref := roundTrip(t, s, key, n)
		if got, err := s.blob.Newest(t.Context(), dir); got != ref.Path || err != nil {
			t.Errorf("%q, %v; want %s", got, err, ref.Path)
		}
	}
}

// claims are made twice, and are no values.
func (s suite) claims(t *testing.T) {
	want := []uuid.UUID{uuid.New(), uuid.New()}
	for _, id := range slices.Concat(want, want) {
		if err := s.blob.Claim(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.blob.Claimants(t.Context(), 10)
	if err != nil || len(got) != 2 || !slices.Contains(got, want[0]) || !slices.Contains(got, want[1]) {
		t.Errorf("claimed by %v, %v; want %v", got, err, want)
	}
	if got, err := s.blob.Claimants(t.Context(), 1); len(got) != 1 || err != nil {
		t.Errorf("at most one: %v, %v", got, err)
	}
}
