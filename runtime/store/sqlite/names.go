package sqlite

import "sync"

// names remembers the numbers of locations and names, which never change once
// committed.
type names struct {
	mu   sync.RWMutex
	locs map[string]int64
	ids  map[nameKey]int64
	text map[int64]string
}

type nameKey struct {
	loc  int64
	name string
}

func newNames() *names {
	return &names{locs: map[string]int64{}, ids: map[nameKey]int64{}, text: map[int64]string{}}
}

// locID returns the number of a location; 0 when nothing is recorded of it.
func (d *DB) locID(c *conn, ident string) (int64, error) {
	d.names.mu.RLock()
	id := d.names.locs[ident]
	d.names.mu.RUnlock()
	if id != 0 {
		return id, nil
	}
	r, err := c.first(`SELECT id FROM locations WHERE ident = ?`, ident)
	if err != nil || r == nil {
		return 0, err
	}
	return r.int(0), nil
}

// location returns the number of a location, making it when there is none.
func (t *tx) location(ident string) (int64, error) {
	id, err := t.db.locID(t.conn, ident)
	if err != nil {
		return 0, err
	}
	if id == 0 {
		if _, err := t.exec(`INSERT INTO locations (ident) VALUES (?)`, ident); err != nil {
			return 0, err
		}
		r, err := t.first(`SELECT id FROM locations WHERE ident = ?`, ident)
		if err != nil {
			return 0, err
		}
		id = r.int(0)
	}
	t.afterCommit(func() {
		t.db.names.mu.Lock()
		defer t.db.names.mu.Unlock()
		t.db.names.locs[ident] = id
	})
	return id, nil
}

// nameID returns the number of an asset or step; 0 when it was never recorded.
func (d *DB) nameID(c *conn, loc int64, name string) (int64, error) {
	k := nameKey{loc, name}
	d.names.mu.RLock()
	id := d.names.ids[k]
	d.names.mu.RUnlock()
	if id != 0 {
		return id, nil
	}
	r, err := c.first(`SELECT id FROM assets WHERE loc = ? AND name = ?`, loc, name)
	if err != nil || r == nil {
		return 0, err
	}
	return r.int(0), nil
}

// intern returns the number of an asset or step, making it when there is none.
func (t *tx) intern(loc int64, name string) (int64, error) {
	d, k := t.db, nameKey{loc, name}
	d.names.mu.RLock()
	id := d.names.ids[k]
	d.names.mu.RUnlock()
	if id != 0 {
		return id, nil
	}
	id, err := d.nameID(t.conn, loc, name)
	if err != nil {
		return 0, err
	}
	if id == 0 {
		r, err := t.first(`INSERT INTO assets (loc, name) VALUES (?, ?) RETURNING id`, loc, name)
		if err != nil {
			return 0, err
		}
		id = r.int(0)
	}
	t.afterCommit(func() { d.remember(k, id) })
	return id, nil
}

func (d *DB) remember(k nameKey, id int64) {
	d.names.mu.Lock()
	defer d.names.mu.Unlock()
	d.names.ids[k] = id
	d.names.text[id] = k.name
}

// nameOf returns the text of a number that a row carries. What the writer's
// connection sees may still be undone and is not remembered.
func (d *DB) nameOf(c *conn, id int64) (string, error) {
	d.names.mu.RLock()
	s, ok := d.names.text[id]
	d.names.mu.RUnlock()
	if ok {
		return s, nil
	}
	r, err := c.first(`SELECT loc, name FROM assets WHERE id = ?`, id)
	if err != nil || r == nil {
		return "", err
	}
	if d.writer == nil || c != d.writer.c {
		d.remember(nameKey{r.int(0), r.text(1)}, id)
	}
	return r.text(1), nil
}
