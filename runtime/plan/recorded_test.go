package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

func TestRecorded(t *testing.T) {
	day := func(name string, key partition.Key) event.Step { return event.Step{Name: name, Key: key} }
	old := []string{"airports", "flights", "delays"}
	kept := asset.Definition{Name: "flights", Partitions: quarter}
	for name, c := range map[string]struct {
		why     string
		now     []asset.Definition
		created event.RunCreated
		want    []event.Step
	}{
		"a list of steps": {
			"the record itself names them", []asset.Definition{{Name: "x"}},
			event.RunCreated{Assets: old, Partitions: "2001-01-01", Steps: 1, Only: []event.Step{day("delays", "2001-01-01")}},
			[]event.Step{day("delays", "2001-01-01")},
		},
		"without partitions": {
			"each asset is one step", []asset.Definition{{Name: "x"}},
			event.RunCreated{Assets: []string{"a", "b"}, Steps: 2}, []event.Step{{Name: "a"}, {Name: "b"}},
		},
		"one key": {
			"it needs no space; some asset has it, and it can be but the one that is gone", []asset.Definition{{Name: "airports"}},
			event.RunCreated{Assets: old[:2], Partitions: "2001-01-01", Steps: 2}, []event.Step{{Name: "airports"}, day("flights", "2001-01-01")},
		},
		"one key of which one asset is left": {
			"the other may have had it or not", []asset.Definition{kept},
			event.RunCreated{Assets: old[:2], Partitions: "2001-01-01", Steps: 2}, nil,
		},
		"one key and two that are gone": {
			"either may have had it", []asset.Definition{{Name: "airports"}},
			event.RunCreated{Assets: old, Partitions: "2001-01-01", Steps: 3}, nil,
		},
		"a range beside an asset that is gone and had none": {
			"three steps are one and two", []asset.Definition{kept},
			event.RunCreated{Assets: old[:2], Partitions: "2001-01-01..2001-01-02", Steps: 3},
			[]event.Step{{Name: "airports"}, day("flights", "2001-01-01"), day("flights", "2001-01-02")},
		},
		"a range beside an asset that is gone and had some": {
			"four steps are two and two", []asset.Definition{kept},
			event.RunCreated{Assets: old[1:], Partitions: "2001-01-01..2001-01-02", Steps: 4},
			[]event.Step{day("flights", "2001-01-01"), day("flights", "2001-01-02"), day("delays", "2001-01-01"), day("delays", "2001-01-02")},
		},
		"some of each are gone": {
			"the number fits neither", []asset.Definition{kept},
			event.RunCreated{Assets: []string{"flights", "delays", "airports"}, Partitions: "2001-01-01..2001-01-02", Steps: 5}, nil,
		},
		"a range of which nobody is left": {
			"its keys cannot be listed", []asset.Definition{{Name: "x"}},
			event.RunCreated{Assets: old, Partitions: "2001-01-01..2001-01-02", Steps: 5}, nil,
		},
		"keys outside of what is declared now": {
			"they cannot be listed either", []asset.Definition{{Name: "flights", Partitions: march}},
			event.RunCreated{Assets: old[1:2], Partitions: "2001-01-01..2001-01-02", Steps: 2}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Recorded(resolved(t, c.now...), &c.created, now)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
}
