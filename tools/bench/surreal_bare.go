package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

type row = map[string]any

// written is what an append left in the tables of the store.
type written struct {
	head, was, writer, pulse row
	batch, history, part     []row
}

// record appends like an executor, and reads after each append what it wrote.
func record(ctx context.Context, c *conn.Conn, loc store.Location, l *load) ([]written, error) {
	var all []written
	head, err := readOne(ctx, c, "head", "bench", l.run)
	if err != nil {
		return nil, err
	}
	for _, add := range l.appends {
		ack, err := loc.Append(ctx, l.run, add)
		if err != nil {
			return nil, err
		}
		w := written{was: head}
		if err := w.read(ctx, c, l.run, add, ack); err != nil {
			return nil, err
		}
		head = w.head
		all = append(all, w)
	}
	return all, nil
}

func (w *written) read(ctx context.Context, c *conn.Conn, run string, add store.Append, ack store.Appended) error {
	var errs [6]error
	w.head, errs[0] = readOne(ctx, c, "head", "bench", run)
	w.writer, errs[1] = readOne(ctx, c, "writer", "bench", run, add.Writer)
	w.pulse, errs[2] = readOne(ctx, c, "pulse", "bench", "e", run)
	var parts []models.RecordID
	for _, p := range add.Parts {
		for _, e := range p.Events {
			if _, ok := e.Payload.(*event.Materialization); ok {
				parts = append(parts, models.NewRecordID("part", []any{"bench", e.Attempt.Name, ""}))
			}
		}
	}
	ids := map[string]any{"run": run, "first": ack.First, "last": ack.Last, "parts": parts}
	w.batch, errs[3] = readRows(ctx, c, "SELECT * FROM batch:['bench', $run, $first]..=['bench', $run, $last]", ids)
	w.history, errs[4] = readRows(ctx, c, "SELECT * FROM history:['bench', $run, $first]..=['bench', $run, $last]", ids)
	w.part, errs[5] = readRows(ctx, c, "SELECT * FROM $parts", ids)
	if len(w.batch) == 0 || len(w.history) != len(parts) || len(w.part) != len(parts) {
		errs[5] = errors.Join(errs[5], fmt.Errorf("%d batches, %d of history and %d keys of %d materializations", len(w.batch), len(w.history), len(w.part), len(parts)))
	}
	return errors.Join(errs[:]...)
}

func readOne(ctx context.Context, c *conn.Conn, table string, key ...any) (row, error) {
	rows, err := readRows(ctx, c, "SELECT * FROM $id", map[string]any{"id": models.NewRecordID(table, key)})
	if err != nil || len(rows) != 1 {
		return nil, errors.Join(err, fmt.Errorf("%d records of %s %v", len(rows), table, key))
	}
	return rows[0], nil
}

func readRows(ctx context.Context, c *conn.Conn, query string, vars map[string]any) ([]row, error) {
	results, err := c.Query(ctx, query, vars)
	if err != nil {
		return nil, err
	}
	var rows []row
	err = results.Decode(0, &rows)
	return rows, err
}

// bareScript is the text that writes the same records, and nothing else: no
// checks, no reading, no clock. Records are created in the way that is fastest for
// their number.
func (w *written) bareScript() (string, map[string]any) {
	var text strings.Builder
	vars := map[string]any{}
	do := func(statement string) { text.WriteString(statement + ";\n") }
	change := row{}
	for k, v := range w.head {
		if !reflect.DeepEqual(v, w.was[k]) {
			change[k] = v
		}
	}
	vars["head"], vars["change"] = w.head["id"], change
	do("BEGIN")
	do("UPDATE $head MERGE $change RETURN NONE")
	vars["writer"], vars["pulse"] = w.writer, w.pulse
	do("UPSERT $writer.id CONTENT $writer RETURN NONE")
	for name, rows := range map[string][]row{"batch": w.batch, "history": w.history, "part": w.part} {
		switch len(rows) {
		case 0:
		case 1:
			vars[name] = rows[0]
			do("CREATE $" + name + ".id CONTENT $" + name + " RETURN NONE")
		default:
			vars[name] = rows
			do("FOR $x IN $" + name + " { CREATE $x.id CONTENT $x RETURN NONE }")
		}
	}
	do("UPSERT $pulse.id CONTENT $pulse RETURN NONE")
	do("COMMIT")
	return text.String(), vars
}

// replay writes recorded rows into a database that holds the heads alone.
func replay(ctx context.Context, c *conn.Conn, all []written) error {
	for i := range all {
		text, vars := all[i].bareScript()
		if _, err := c.Query(ctx, text, vars); err != nil {
			return err
		}
	}
	return nil
}

// putHeads makes the records that the replay changes first.
func putHeads(ctx context.Context, c *conn.Conn, all []written) error {
	for _, r := range []row{all[0].was, all[0].writer, all[0].pulse} {
		if _, err := c.Query(ctx, "UPSERT $r.id CONTENT $r RETURN NONE", map[string]any{"r": r}); err != nil {
			return err
		}
	}
	return nil
}
