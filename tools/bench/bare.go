package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver that the store uses

	"rivers.io/runtime/store/sqlite"
)

// bareBatch is how many rows the bare loop commits at once.
const bareBatch = 512

// table is one table's rows in memory.
type table struct {
	insert string
	rows   [][]any
}

// writeBare copies every row of the database at from into an empty database of the
// same schema, by prepared statements in transactions of bareBatch rows, and
// returns the time of the writing alone and the number of rows.
func writeBare(ctx context.Context, from, to string, full, indexes bool) (time.Duration, int, error) {
	tables, total, err := readTables(ctx, from)
	if err != nil {
		return 0, 0, err
	}
	empty, err := sqlite.Open(ctx, sqlite.Config{Path: to, Mode: sqlite.ReadWrite})
	if err != nil {
		return 0, 0, err
	}
	if err := empty.Close(); err != nil {
		return 0, 0, err
	}
	db, err := openBare(ctx, to, full)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = db.Close() }()
	if err := clearTables(ctx, db, tables, indexes); err != nil {
		return 0, 0, err
	}
	took, err := timed(func() error { return insertAll(ctx, db, tables) })
	return took, total, err
}

func openBare(ctx context.Context, path string, full bool) (*sql.DB, error) {
	sync := "NORMAL"
	if full {
		sync = "FULL"
	}
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?_pragma=journal_mode(WAL)&_pragma=synchronous(%s)&_pragma=foreign_keys(0)", path, sync))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, db.PingContext(ctx)
}

func readTables(ctx context.Context, path string) (map[string]*table, int, error) {
	db, err := openBare(ctx, path, false)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = db.Close() }()
	names, err := list(ctx, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, 0, err
	}
	tables, total := map[string]*table{}, 0
	for _, name := range names {
		t, err := readTable(ctx, db, name)
		if err != nil {
			return nil, 0, fmt.Errorf("table %s: %w", name, err)
		}
		tables[name] = t
		total += len(t.rows)
	}
	return tables, total, nil
}

func list(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func readTable(ctx context.Context, db *sql.DB, name string) (*table, error) {
	rows, err := db.QueryContext(ctx, `SELECT * FROM "`+name+`"`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	t := &table{insert: fmt.Sprintf(`INSERT INTO "%s" VALUES (%s)`, name, strings.TrimSuffix(strings.Repeat("?,", len(columns)), ","))}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		t.rows = append(t.rows, row)
	}
	return t, rows.Err()
}

// clearTables empties what the migration wrote, and drops the secondary indexes
// unless they are wanted.
func clearTables(ctx context.Context, db *sql.DB, tables map[string]*table, indexes bool) error {
	for name := range tables {
		if _, err := db.ExecContext(ctx, `DELETE FROM "`+name+`"`); err != nil {
			return err
		}
	}
	if indexes {
		return nil
	}
	names, err := list(ctx, db, `SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := db.ExecContext(ctx, `DROP INDEX "`+name+`"`); err != nil {
			return err
		}
	}
	return nil
}

// insertAll is the bare loop.
func insertAll(ctx context.Context, db *sql.DB, tables map[string]*table) error {
	for _, t := range tables {
		for at := 0; at < len(t.rows); at += bareBatch {
			if err := insertBatch(ctx, db, t.insert, t.rows[at:min(at+bareBatch, len(t.rows))]); err != nil {
				return err
			}
		}
	}
	return nil
}

func insertBatch(ctx context.Context, db *sql.DB, insert string, rows [][]any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	stmt, err := tx.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
