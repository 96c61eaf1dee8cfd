package conn

import (
	"fmt"

	"github.com/surrealdb/surrealdb.go/surrealcbor"
)

// Results are the answers to the statements of one query, in their order. The
// zero value holds none. USE, LET, BEGIN and COMMIT count as statements where the
// server answers them.
type Results struct {
	statements []statement
}

type statement struct {
	value []byte // CBOR
	fault *QueryError
}

// Len is how many statements were answered.
func (r Results) Len() int { return len(r.statements) }

// Err is what became of a statement: nil or a *QueryError.
func (r Results) Err(i int) error {
	if err := r.within(i); err != nil {
		return err
	}
	if fault := r.statements[i].fault; fault != nil {
		return fault
	}
	return nil
}

// Decode decodes what a statement returned into what v points to, or returns the
// statement's error. NONE and NULL leave a zero value. Byte slices in v share the
// answer's memory: they may be read and kept, but neither changed nor appended to.
func (r Results) Decode(i int, v any) error {
	if err := r.Err(i); err != nil {
		return err
	}
	if err := surrealcbor.Unmarshal(r.statements[i].value, v); err != nil {
		return fmt.Errorf("surrealdb: decode the result of statement %d into %T: %w", i, v, err)
	}
	return nil
}

// Raw is what a statement returned, as CBOR; nil when it failed.
func (r Results) Raw(i int) []byte {
	if r.within(i) != nil {
		return nil
	}
	return r.statements[i].value
}

// IsNone tells whether a statement returned NONE or NULL.
func (r Results) IsNone(i int) bool { return isNone(r.Raw(i)) }

func (r Results) within(i int) error {
	if i < 0 || i >= len(r.statements) {
		return fmt.Errorf("surrealdb: there is no statement %d, %d were answered", i, len(r.statements))
	}
	return nil
}

// first returns the error that explains the others: the first that is not the
// consequence of another.
func (r Results) first() error {
	var consequence error
	for i := range r.statements {
		switch fault := r.statements[i].fault; {
		case fault == nil:
		case fault.Kind != Consequence:
			return fault
		case consequence == nil:
			consequence = fault
		}
	}
	return consequence
}

// readResults cuts the answer of a query into its statements.
func readResults(span []byte) (Results, error) {
	var r Results
	if _, n, _, _, err := head(span); err == nil && n < 1<<10 {
		r.statements = make([]statement, 0, n)
	}
	err := each(span, func(_ string, item []byte) error {
		s, err := readStatement(len(r.statements), item)
		r.statements = append(r.statements, s)
		return err
	})
	return r, err
}

func readStatement(i int, span []byte) (statement, error) {
	var s statement
	var status string
	err := each(span, func(key string, item []byte) error {
		var err error
		switch key {
		case "status":
			status, _, err = text(item)
		case "result":
			s.value = item
		}
		return err
	})
	if err != nil || status == "OK" {
		return s, err
	}
	message, _, err := text(s.value)
	if err != nil {
		return s, err
	}
	return statement{fault: classify(i, message)}, nil
}
