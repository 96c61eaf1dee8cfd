package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	engine "modernc.org/sqlite"
)

// conn is one connection with its prepared statements. It is used by one
// goroutine at a time.
type conn struct {
	raw   rawConn
	stmts map[string]rawStmt
	args  []driver.NamedValue
	// rows is room for the columns of rows that are written together.
	rows []any
	// doubtful tells that a transaction may be open that nobody ends: the
	// connection is not used again.
	doubtful bool
}

type rawConn interface {
	driver.Conn
	driver.ExecerContext
}

type rawStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func openConn(dsn string) (*conn, error) {
	raw, err := new(engine.Driver).Open(dsn)
	if err != nil {
		return nil, err
	}
	rc, ok := raw.(rawConn)
	if !ok {
		return nil, errors.Join(errors.New("sqlite connection cannot execute statements"), raw.Close())
	}
	return &conn{raw: rc, stmts: map[string]rawStmt{}}, nil
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		_ = s.Close()
	}
	c.stmts = nil
	return c.raw.Close()
}

// prepared, when not nil, is told every query; a test looks at their plans.
var prepared func(query string)

// prepare returns the statement for a constant text.
func (c *conn) prepare(query string) (rawStmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	if prepared != nil {
		prepared(query)
	}
	s, err := c.raw.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	rs, ok := s.(rawStmt)
	if !ok {
		return nil, fmt.Errorf("prepare %q: statement has no context methods", query)
	}
	c.stmts[query] = rs
	return rs, nil
}

func (c *conn) bind(args []any) []driver.NamedValue {
	for len(c.args) < len(args) {
		c.args = append(c.args, driver.NamedValue{Ordinal: len(c.args) + 1})
	}
	for i, a := range args {
		c.args[i].Value = a
	}
	return c.args[:len(args)]
}

// exec runs a statement that gives no rows, and returns the number of rows
// that it changed. Arguments are int64, string, []byte or nil.
func (c *conn) exec(query string, args ...any) (int64, error) {
	s, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(background, c.bind(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// script runs statements that are not kept prepared.
func (c *conn) script(text string) error {
	_, err := c.raw.ExecContext(background, text, nil)
	return err
}

// set runs pragmas; when one fails it closes the connection.
func (c *conn) set(pragmas ...string) (*conn, error) {
	for _, p := range pragmas {
		if err := c.script(p); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

// row is one row of an answer; it is valid until the next one is read.
type row []driver.Value

func (r row) null(i int) bool { return r[i] == nil }

func (r row) int(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

func (r row) text(i int) string {
	switch v := r[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

func (r row) blob(i int) []byte {
	switch v := r[i].(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

// each calls visit for each row of the answer until it returns an error. The
// same query must not be asked again from within visit.
func (c *conn) each(ctx context.Context, query string, visit func(row) error, args ...any) error {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	return c.visit(ctx, s, visit, args)
}

// once is each for a query made up for one call, which is not kept prepared.
func (c *conn) once(ctx context.Context, query string, visit func(row) error, args ...any) error {
	if prepared != nil {
		prepared(query)
	}
	s, err := c.raw.Prepare(query)
	if err != nil {
		return fmt.Errorf("prepare %q: %w", query, err)
	}
	defer s.Close()
	rs, ok := s.(rawStmt)
	if !ok {
		return fmt.Errorf("prepare %q: statement has no context methods", query)
	}
	return c.visit(ctx, rs, visit, args)
}

func (c *conn) visit(ctx context.Context, s rawStmt, visit func(row) error, args []any) (err error) {
	rows, err := s.QueryContext(ctx, c.bind(args))
	if err != nil {
		return err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	vals := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(vals); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := visit(vals); err != nil {
			return err
		}
	}
}

// first returns a copy of the first row of the answer, or nil.
func (c *conn) first(query string, args ...any) (row, error) {
	var got row
	err := c.each(background, query, func(r row) error {
		if got == nil {
			got = append(row(nil), r...)
		}
		return nil
	}, args...)
	return got, err
}

var background = context.Background()
