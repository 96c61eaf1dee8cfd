package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// partitionMatcher returns whether a run has a step for a key; without a key
// every run matches. The order of keys inside of a range comes from the
// catalogue; ranges of spaces that are declared no more compare as text.
func (l *location) partitionMatcher(c *conn, loc int64, key string) (func(*store.Run) bool, error) {
	if key == "" {
		return func(*store.Run) bool { return true }, nil
	}
	spaces, err := l.spaces(c, loc)
	if err != nil {
		return nil, err
	}
	now := l.db.cfg.Now()
	return func(run *store.Run) bool { return selects(run.Created.Partitions, key, spaces, now) }, nil
}

// spaces returns the distinct key spaces of the declared assets.
func (l *location) spaces(c *conn, loc int64) ([]partition.Space, error) {
	seen := map[string]bool{}
	var list []partition.Space
	err := c.each(background, `SELECT definition FROM assets WHERE loc = ? AND position IS NOT NULL ORDER BY position`, func(r row) error {
		var def asset.Definition
		if err := json.Unmarshal(r.blob(0), &def); err != nil {
			return fmt.Errorf("a definition: %w: %w", store.ErrCorrupt, err)
		}
		if def.Partitions == nil {
			return nil
		}
		space, err := partition.New(*def.Partitions)
		if err != nil || seen[space.Fingerprint()] {
			return nil //nolint:nilerr // a space that this build cannot make orders nothing
		}
		seen[space.Fingerprint()] = true
		list = append(list, space)
		return nil
	}, loc)
	return list, err
}

func selects(selection, key string, spaces []partition.Space, now time.Time) bool {
	ordered := false
	for _, space := range spaces {
		at, err := space.Ordinal(partition.Key(key), now)
		if err != nil {
			continue
		}
		set, err := partition.ParseSelection(selection, space, now)
		if err != nil {
			continue
		}
		if ordered = true; set.Contains(at) {
			return true
		}
	}
	if ordered {
		return false
	}
	for term := range strings.SplitSeq(selection, ",") {
		lo, hi, isRange := strings.Cut(term, "..")
		if term == key || isRange && lo <= key && key <= hi {
			return true
		}
	}
	return false
}
