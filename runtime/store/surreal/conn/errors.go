package conn

import (
	"errors"
	"fmt"
)

// ErrClosed is returned by every call on a connection that Close ended.
var ErrClosed = errors.New("surrealdb: the connection was closed")

// ErrGap ends a subscription that may have missed something: its connection was
// lost, its reader fell behind, or the server ended its live query. Subscribe
// anew, then read what may have been missed.
var ErrGap = errors.New("surrealdb: the live query ended, changes may have been missed")

// LostError is returned when no answer came.
type LostError struct {
	// Sent tells whether the request may have reached the server. False: it was
	// surely not carried out. True: whether it was carried out is unknown.
	Sent bool
	// Err is why: the end of the call's context, joined with what befell the
	// connection.
	Err error
}

// Error says what is known of the request's fate.
func (e *LostError) Error() string {
	if e.Sent {
		return "surrealdb: no answer, and it is unknown whether the request was carried out: " + e.Err.Error()
	}
	return "surrealdb: the request was not sent: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Err }

// Kind tells the errors of the server apart.
type Kind int

// The kinds of errors that the server answers with.
const (
	// Other is an error that no kind below fits.
	Other Kind = iota
	// Conflict: another transaction won; nothing was written and the same request
	// may be repeated.
	Conflict
	// Thrown: a THROW of the statement itself; Message is what it threw.
	Thrown
	// Exists: a record of that id exists; Record names it.
	Exists
	// Unique: an entry of a unique index exists; Index and Record name it.
	Unique
	// Permission: the user may not do that.
	Permission
	// Expired: the session is over. The connection signs in anew by itself, so
	// callers see it only when that does not help.
	Expired
	// Parse: the statement is not SurrealQL; nothing was carried out.
	Parse
	// MissingTable: the table is not defined.
	MissingTable
	// MissingDatabase: the namespace or database does not exist.
	MissingDatabase
	// Timeout: the statement took longer than it or the server allows.
	Timeout
	// Consequence: a statement that was not carried out, or undone, since another
	// of its transaction failed.
	Consequence
)

// String names the kind.
func (k Kind) String() string {
	names := [...]string{
		"other", "conflict", "thrown", "exists", "unique", "permission", "expired", "parse",
		"missing table", "missing database", "timeout", "consequence",
	}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return names[k]
}

// QueryError is an error that the server answered with.
type QueryError struct {
	// Kind is told from the text, as the server says it in no other way.
	Kind Kind
	// Statement counts from 0; -1 when the whole request was refused, so that
	// nothing of it was carried out.
	Statement int
	// Text is the server's, whole.
	Text string
	// Message is what was thrown (Thrown).
	Message string
	// Record is the record id as the server writes it (Exists, Unique).
	Record string
	// Index is the index (Unique).
	Index string
	// Table is the table (MissingTable).
	Table string
}

// Error is the server's text and which statement it is about.
func (e *QueryError) Error() string {
	if e.Statement < 0 {
		return "surrealdb: " + e.Text
	}
	return fmt.Sprintf("surrealdb: statement %d: %s", e.Statement, e.Text)
}

// Is reports whether an error is one of the server's, of the kind.
func Is(err error, kind Kind) bool {
	var q *QueryError
	return errors.As(err, &q) && q.Kind == kind
}
