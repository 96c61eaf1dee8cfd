package store_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

func TestRunIDs(t *testing.T) {
	if err := store.CheckRunID(uuid.Must(uuid.NewV7()).String()); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		"", "x", uuid.NewString(), strings.ToUpper(uuid.Must(uuid.NewV7()).String()), "urn:uuid:" + uuid.Must(uuid.NewV7()).String(),
		"{" + uuid.Must(uuid.NewV7()).String() + "}", uuid.Must(uuid.NewV7()).String() + "/", strings.Repeat("f", 1000),
	} {
		if err := store.CheckRunID(bad); !errors.Is(err, store.ErrInvalid) || len(err.Error()) > 200 {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestFileIDs(t *testing.T) {
	for _, good := range []string{"a", "executor-1", "0199b5f4-9e1c-7000-8000-000000000000", "a.b_c"} {
		if err := store.CheckFileID("id", good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", ".", "..", ".hidden", "a/b", `a\b`, "a b", "a\x00", "é", strings.Repeat("a", 129)} {
		if err := store.CheckFileID("id", bad); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestNames(t *testing.T) {
	if err := store.CheckName("asset", "<script>\u202eé"); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "a\nb", "a\x7f", "\xff", strings.Repeat("a", store.MaxName+1)} {
		if err := store.CheckName("asset", bad); !errors.Is(err, store.ErrInvalid) || !strings.HasPrefix(err.Error(), "asset") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestShardsSpread(t *testing.T) {
	seen := map[int]int{}
	for range 1600 {
		n := store.CountShard(uuid.Must(uuid.NewV7()).String())
		if n < 0 || n >= store.CountShards {
			t.Fatal(n)
		}
		seen[n]++
	}
	for shard, n := range seen {
		if n < 40 {
			t.Errorf("shard %d got %d of 1600", shard, n)
		}
	}
}

func TestTokensComeBackToTheirQuery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.Int64(), 2, 2).Draw(t, "keys")
		filter := rapid.String().Draw(t, "filter")
		q := store.NewQuery("M", "l", filter)
		got, err := q.Key(q.Token(keys...), 2)
		if err != nil || got[0] != keys[0] || got[1] != keys[1] {
			t.Fatal(got, err)
		}
		for _, other := range []store.Query{
			store.NewQuery("N", "l", filter), store.NewQuery("M", "k", filter), store.NewQuery("M", "l", filter+"x"), store.NewQuery("Ml", "", filter),
		} {
			if _, err := other.Key(q.Token(keys...), 2); !errors.Is(err, store.ErrPrecondition) {
				t.Fatal(err)
			}
		}
		if _, err := q.Key(q.Token(keys...), 3); !errors.Is(err, store.ErrPrecondition) {
			t.Fatal(err)
		}
	})
}

func FuzzToken(f *testing.F) {
	q := store.NewQuery("M", "l", nil)
	f.Add(q.Token(1, 2))
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"q":1,"k":[1,2]}`)))
	f.Fuzz(func(t *testing.T, text string) {
		key, err := q.Key(text, 2)
		switch {
		case err != nil && !errors.Is(err, store.ErrPrecondition):
			t.Error(err)
		case err == nil && text != "" && len(key) != 2:
			t.Error(key)
		}
	})
}

func TestLimits(t *testing.T) {
	for size, want := range map[int]int{-1: 50, 0: 50, 1: 1, 1000: 1000, 1001: 1000} {
		if got := (store.Page{Size: size}).Limit(); got != want {
			t.Errorf("page of %d: %d, want %d", size, got, want)
		}
	}
	for n, want := range map[int]int{-1: 1000, 0: 1000, 7: 7, 1 << 30: store.MaxRead} {
		if got := store.ReadLimit(n); got != want {
			t.Errorf("limit %d: %d, want %d", n, got, want)
		}
	}
}

// TestErrorsWrapTheirParents walks the sentinels that have a coarser one.
func TestErrorsWrapTheirParents(t *testing.T) {
	for child, parent := range map[error]error{
		store.ErrFinished: store.ErrPrecondition, store.ErrStaleEpoch: store.ErrFenced, store.ErrTokenRevoked: store.ErrFenced,
		store.ErrLeaseHeld: store.ErrConflict, store.ErrFull: store.ErrUnavailable,
		&store.PartError{Part: 1, Err: fmt.Errorf("x: %w", store.ErrStaleEpoch)}: store.ErrFenced,
	} {
		if !errors.Is(child, parent) {
			t.Errorf("%v is not %v", child, parent)
		}
	}
}

func TestSubjects(t *testing.T) {
	at := event.Attempt{Step: event.Step{Name: "a", Key: "k"}, Number: 1}
	for _, c := range []struct {
		payload    event.Payload
		asset, key string
		fails      bool
	}{
		{&event.Materialization{}, "a", "k", false},
		{&event.Materialization{Output: "o"}, "o", "k", false},
		{&event.Observation{Output: "o"}, "o", "k", false},
		{&event.PartitionFailed{Key: "m"}, "a", "m", true},
		{&event.StepFailed{Final: true}, "a", "k", true},
		{&event.StepFailed{}, "a", "k", false},
		{&event.StepSucceeded{}, "", "", false},
		{&event.Unknown{Name: "X"}, "", "", false},
	} {
		asset, key, _ := store.Subject(event.Event{Attempt: at, Payload: c.payload})
		if asset != c.asset || string(key) != c.key || store.Fails(c.payload) != c.fails {
			t.Errorf("%s: %q %q %v", c.payload.Type(), asset, key, store.Fails(c.payload))
		}
	}
}
