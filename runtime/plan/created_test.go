package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

func TestCanonicalClosesOpenEnds(t *testing.T) {
	t.Parallel()
	g := resolved(t, asset.Definition{Name: "late"}, asset.Definition{Name: "days", Partitions: open})
	names, keys, err := Canonical(g, []int{1, 0, 1}, "all", now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"late", "days"}, names); diff != "" {
		t.Errorf("names differ (-want +got):\n%s", diff)
	}
	if want := "2001-01-01..2001-02-10"; keys != want {
		t.Errorf("keys %q, want %q", keys, want)
	}
	if _, keys, err = Canonical(g, []int{0}, "2001-01-01", now); err != nil || keys != "" {
		t.Errorf("nothing is partitioned: %q, %v", keys, err)
	}
}

// A database whose clock is behind does not lose the newest key.
func TestFromCreatedToleratesClocks(t *testing.T) {
	t.Parallel()
	g := resolved(t, asset.Definition{Name: "days", Partitions: open})
	created := &event.RunCreated{Assets: []string{"days"}, Partitions: "2001-02-10"}
	behind := time.Date(2001, 2, 9, 23, 59, 59, 0, time.UTC)
	if _, err := FromCreated(g, created, behind); err != nil {
		t.Error(err)
	}
}

// The plan built again at any later time is the plan of the run.
func TestFromCreatedGivesThePlanAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, req := drawPlan(t)
		if rapid.Bool().Draw(t, "everything") {
			req.Partitions = "all"
		}
		names, keys, err := Canonical(g, req.Assets, req.Partitions, req.Now)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Build(req)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "only") {
			req.Only = []event.Step{p.Steps[rapid.IntRange(0, len(p.Steps)-1).Draw(t, "step")].ID}
			if p, err = Build(req); err != nil {
				t.Fatal(err)
			}
		}
		created := &event.RunCreated{PlanHash: p.Hash, Assets: names, Partitions: keys, Only: req.Only}
		later := now.Add(time.Duration(rapid.Int64Range(0, int64(1000*24*time.Hour)).Draw(t, "later")))
		again, err := FromCreated(g, created, later)
		if err != nil {
			t.Fatal(err)
		}
		if again.Hash != p.Hash || !slices.Equal(lines(again), lines(p)) {
			t.Fatalf("built again:\n%v\nfirst:\n%v", lines(again), lines(p))
		}
	})
}

func TestFromCreatedTellsWhatChanged(t *testing.T) {
	t.Parallel()
	g := resolved(t, asset.Definition{Name: "a", CodeVersion: "1"}, asset.Definition{Name: "days", Partitions: quarter})
	cases := []struct {
		why     string
		created event.RunCreated
		say     string
	}{
		{"an asset is gone", event.RunCreated{Assets: []string{"a", "b"}}, "asset b is not declared any more"},
		{"a key is gone", event.RunCreated{Assets: []string{"days"}, Partitions: "2001-05-01"}, "asset days"},
		{"the hash differs", event.RunCreated{Assets: []string{"a"}, PlanHash: "x"}, "the run was created with x"},
		{"a step is gone", event.RunCreated{Assets: []string{"a"}, Only: []event.Step{{Name: "x"}}}, "step x is not part of the run"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			p, err := FromCreated(g, &c.created, now)
			if p != nil || !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), c.say) {
				t.Errorf("FromCreated = %v, %v; want ErrChanged that says %q", p, err, c.say)
			}
		})
	}
	_, err := FromCreated(g, &event.RunCreated{Assets: []string{"days"}, Partitions: "2001-05-01"}, now)
	var key *partition.KeyError
	if !errors.As(err, &key) {
		t.Errorf("the cause of %v is lost", err)
	}
}
