package partition

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSearchEqualsFilter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		space := drawSpace(t, "space")
		text := rapid.SampledFrom([]string{"", "a", "A", "..", "all", "-02-", "2000-02-29", "T0", "7:00", "nothing"}).Draw(t, "text")
		offset := rapid.Uint64Range(0, 10).Draw(t, "offset")
		limit := rapid.IntRange(-1, 10).Draw(t, "limit")
		var all []Key
		for i := range space.Count(drawnNow) {
			if key, _ := space.Key(i, drawnNow); strings.Contains(string(key), text) {
				all = append(all, key)
			}
		}
		from := min(int(offset), len(all))
		want := all[from:min(from+max(limit, 0), len(all))]
		keys, total := Search(space, text, drawnNow, offset, limit)
		if total != uint64(len(all)) || !slices.Equal(keys, want) {
			t.Fatalf("Search(%q, %d, %d) = %v of %d, want %v of %d", text, offset, limit, keys, total, want, len(all))
		}
	})
}
