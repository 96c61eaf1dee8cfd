package command

import (
	"bytes"
	"io"
	"strings"

	"rivers.io/cli/riversctl/output"
)

// yamlRows turns lines of JSON into YAML as they arrive: rows into the items of one
// list, a value that is no table into a document.
type yamlRows struct {
	w    io.Writer
	list bool
	line []byte // the beginning of a line
	some bool
}

// Write takes the next bytes.
func (y *yamlRows) Write(p []byte) (int, error) {
	n := len(p)
	for {
		head, tail, whole := bytes.Cut(p, []byte{'\n'})
		y.line = append(y.line, head...)
		if !whole {
			return n, nil
		}
		if err := y.item(); err != nil {
			return 0, err
		}
		p = tail
	}
}

func (y *yamlRows) item() error {
	line := y.line
	y.line = y.line[:0]
	if len(line) == 0 {
		return nil
	}
	text, err := output.YAMLOf(line)
	if err != nil {
		return err
	}
	y.some = true
	if y.list {
		text = "- " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
	}
	_, err = io.WriteString(y.w, text)
	return err
}

// end writes what is left; a table without rows is an empty list.
func (y *yamlRows) end() error {
	if err := y.item(); err != nil || y.some || !y.list {
		return err
	}
	_, err := io.WriteString(y.w, "[]\n")
	return err
}
