package sqlite

import (
	"encoding/json"
	"fmt"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/store"
)

// partitionMatcher returns whether a run has a step for a key; without a key
// every run matches. The order of keys inside of a range comes from the
// catalogue; ranges of spaces that are declared no more compare as text.
func (l *location) partitionMatcher(c *conn, loc int64, key string) (func(*store.Run) bool, error) {
	if key == "" {
		return func(*store.Run) bool { return true }, nil
	}
	definitions, err := l.declared(c, loc)
	if err != nil {
		return nil, err
	}
	spaces := store.KeySpaces(definitions)
	now := l.db.cfg.Now()
	return func(run *store.Run) bool { return store.Selects(run.Created.Partitions, key, spaces, now) }, nil
}

// declared returns the definitions of the declared assets.
func (l *location) declared(c *conn, loc int64) ([]asset.Definition, error) {
	var list []asset.Definition
	err := c.each(background, `SELECT definition FROM assets WHERE loc = ? AND position IS NOT NULL ORDER BY position`, func(r row) error {
		var def asset.Definition
		if err := json.Unmarshal(r.blob(0), &def); err != nil {
			return fmt.Errorf("a definition: %w: %w", store.ErrCorrupt, err)
		}
		list = append(list, def)
		return nil
	}, loc)
	return list, err
}
