package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// declared is a definition made ready outside of the transaction.
type declared struct {
	name string
	raw  []byte
}

// Register replaces the declared fields of every asset.
func (l *location) Register(ctx context.Context, c store.Catalogue) (store.CatalogueInfo, error) {
	list, err := encodeCatalogue(c)
	if err != nil {
		return store.CatalogueInfo{}, err
	}
	var info store.CatalogueInfo
	err = l.write(ctx, func(t *tx, loc int64) error {
		changed, err := t.register(loc, list)
		if err != nil {
			return err
		}
		if err := t.saveLocation(loc, c, changed); err != nil {
			return err
		}
		info, err = readCatalogueInfo(ctx, t.conn, loc)
		return err
	})
	return info, err
}

func encodeCatalogue(c store.Catalogue) ([]declared, error) {
	if err := store.CheckName("location name", c.Name); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(c.Definitions))
	list := make([]declared, len(c.Definitions))
	for i, def := range c.Definitions {
		if err := store.CheckName("asset name", def.Name); err != nil {
			return nil, err
		}
		if seen[def.Name] {
			return nil, fmt.Errorf("asset %q is declared twice: %w", def.Name, store.ErrInvalid)
		}
		seen[def.Name] = true
		raw, err := json.Marshal(def)
		if err != nil {
			return nil, fmt.Errorf("asset %q: %w: %w", def.Name, store.ErrInvalid, err)
		}
		if len(raw) > event.MaxPayload {
			return nil, fmt.Errorf("asset %q: definition of %d bytes exceeds %d: %w", def.Name, len(raw), event.MaxPayload, store.ErrInvalid)
		}
		list[i] = declared{def.Name, raw}
	}
	return list, nil
}

type declaredRow struct {
	id, position int64
	raw          []byte
}

// register writes the definitions that differ and marks the absent ones as
// removed.
func (t *tx) register(loc int64, list []declared) (changed bool, err error) {
	before := map[string]declaredRow{}
	err = t.each(background, `SELECT id, name, position, definition FROM assets WHERE loc = ? AND position IS NOT NULL`, func(r row) error {
		before[r.text(1)] = declaredRow{r.int(0), r.int(2), append([]byte(nil), r.blob(3)...)}
		return nil
	}, loc)
	if err != nil {
		return false, err
	}
	for i, def := range list {
		old, known := before[def.name]
		delete(before, def.name)
		if known && old.position == int64(i) && bytes.Equal(old.raw, def.raw) {
			continue
		}
		changed = true
		_, err := t.exec(`INSERT INTO assets (loc, name, position, definition) VALUES (?, ?, ?, ?)
			ON CONFLICT (loc, name) DO UPDATE SET position = excluded.position, definition = excluded.definition, removed = 0`,
			loc, def.name, int64(i), def.raw)
		if err != nil {
			return false, err
		}
	}
	for _, old := range before {
		changed = true
		if _, err := t.exec(`UPDATE assets SET position = NULL, removed = 1 WHERE id = ?`, old.id); err != nil {
			return false, err
		}
	}
	return changed, nil
}

func (t *tx) saveLocation(loc int64, c store.Catalogue, changed bool) error {
	r, err := t.first(`SELECT name, image, hash, revision FROM locations WHERE id = ?`, loc)
	if err != nil {
		return err
	}
	if !changed && r.int(3) > 0 && r.text(0) == c.Name && r.text(1) == c.Image && r.text(2) == c.Hash {
		return nil
	}
	_, err = t.exec(`UPDATE locations SET name = ?, image = ?, hash = ?, revision = revision + 1, registered_at = ?, change = ? WHERE id = ?`,
		c.Name, c.Image, c.Hash, t.now, t.touch(), loc)
	return err
}

// CatalogueInfo describes the stored catalogue.
func (l *location) CatalogueInfo(ctx context.Context) (store.CatalogueInfo, error) {
	var info store.CatalogueInfo
	err := l.view(ctx, "read the catalogue", func(c *conn, loc int64) (err error) {
		info, err = readCatalogueInfo(ctx, c, loc)
		if err == nil && info.Revision == 0 {
			err = notFound("location", l.ident)
		}
		return err
	})
	return info, err
}

func readCatalogueInfo(ctx context.Context, c *conn, loc int64) (store.CatalogueInfo, error) {
	r, err := c.first(`SELECT name, image, hash, revision, registered_at,
		(SELECT count(*) FROM assets WHERE loc = l.id AND position IS NOT NULL) FROM locations l WHERE id = ?`, loc)
	if err != nil || r == nil {
		return store.CatalogueInfo{}, err
	}
	info := store.CatalogueInfo{
		Name: r.text(0), Image: r.text(1), Hash: r.text(2), Revision: r.int(3), RegisteredAt: instant(r.int(4)), Assets: int(r.int(5)),
	}
	err = c.each(ctx, `SELECT name FROM assets WHERE loc = ? AND removed = 1 ORDER BY name`, func(r row) error {
		info.Removed = append(info.Removed, r.text(0))
		return nil
	}, loc)
	return info, err
}

// Definitions returns the declared assets in declaration order.
func (l *location) Definitions(ctx context.Context) ([]asset.Definition, error) {
	var list []asset.Definition
	err := l.view(ctx, "read the definitions", func(c *conn, loc int64) error {
		info, err := c.first(`SELECT revision FROM locations WHERE id = ?`, loc)
		if err != nil {
			return err
		}
		if info == nil || info.int(0) == 0 {
			return notFound("location", l.ident)
		}
		return c.each(ctx, `SELECT definition FROM assets WHERE loc = ? AND position IS NOT NULL ORDER BY position`, func(r row) error {
			var def asset.Definition
			if err := json.Unmarshal(r.blob(0), &def); err != nil {
				return fmt.Errorf("a definition: %w: %w", store.ErrCorrupt, err)
			}
			list = append(list, def)
			return nil
		}, loc)
	})
	return list, err
}
