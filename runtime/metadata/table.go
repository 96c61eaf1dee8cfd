package metadata

import (
	"errors"
	"fmt"
)

// Schema lists the columns of stored rows, so that two materializations can be
// compared column by column (D-61).
type Schema []Column

// Column is one column of a Schema.
type Column struct {
	// Name is the column's name; nested columns are joined by dots.
	Name string `json:"name"`
	// Type is the column's type in words, such as "int64" or "timestamp(ns)".
	Type string `json:"type"`
	// Nullable tells that a row may have no value in the column.
	Nullable bool `json:"nullable,omitempty"`
	// Repeated tells that a row may have many values in the column.
	Repeated bool `json:"repeated,omitempty"`
}

// Table is a small table to be shown to people. A cell is a string, a number,
// a bool, nil, or one of this package's values.
type Table struct {
	Columns []string
	Rows    [][]any
}

// Tag returns TagSchema.
func (Schema) Tag() Tag { return TagSchema }

// Tag returns TagTable.
func (Table) Tag() Tag { return TagTable }

// Check wants every column to have a name of its own.
func (s Schema) Check() error {
	seen := make(map[string]bool, len(s))
	for i, column := range s {
		switch {
		case column.Name == "":
			return fmt.Errorf("column %d has no name", i)
		case seen[column.Name]:
			return fmt.Errorf("two columns are named %q", column.Name)
		}
		seen[column.Name] = true
	}
	return nil
}

// Check wants at least one column, and every row to have one cell a column.
func (t Table) Check() error {
	if len(t.Columns) == 0 {
		return errors.New("a table needs columns")
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d has %d cells for %d columns", i, len(row), len(t.Columns))
		}
		for j, cell := range row {
			if _, err := Of(cell); err != nil {
				return fmt.Errorf("row %d, column %q: %w", i, t.Columns[j], err)
			}
		}
	}
	return nil
}
