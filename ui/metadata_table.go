package ui

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"rivers.io/ui/format"
)

// table reads the values that are rows: tables, schemas and lists.
func (m *metadata) table(whole json.RawMessage) {
	var w struct {
		Type    string              `json:"type"`
		Value   []json.RawMessage   `json:"value"`
		Columns []column            `json:"columns"`
		Rows    [][]json.RawMessage `json:"rows"`
	}
	if json.Unmarshal(whole, &w) != nil {
		return
	}
	t := &Preview{Total: -1}
	switch w.Type {
	case "schema":
		t.Columns = []Column{{Name: "column"}, {Name: "type"}}
		for _, c := range w.Columns {
			t.Rows = append(t.Rows, []string{c.Name, c.Type})
		}
	case "list":
		t.Columns = []Column{{Name: "value"}}
		for _, v := range w.Value {
			t.Rows = append(t.Rows, []string{readMetadata("", v).oneLine()})
		}
	default:
		for _, c := range w.Columns {
			t.Columns = append(t.Columns, Column{Name: c.Name, Type: c.Type, Numeric: true})
		}
		t.fill(w.Rows)
	}
	m.Tag, m.Table, m.Text = w.Type, t, ""
	t.Total = int64(len(t.Rows))
}

// column is a column in its stored form: a name, or an object with a type.
type column struct{ Name, Type string }

// UnmarshalJSON reads either form.
func (c *column) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &c.Name) == nil {
		return nil
	}
	var object struct{ Name, Type string }
	err := json.Unmarshal(raw, &object)
	c.Name, c.Type = object.Name, object.Type
	return err
}

// fill reads the cells of a table; a column with a text in it is not numeric.
func (p *Preview) fill(rows [][]json.RawMessage) {
	for _, row := range rows {
		cells := make([]string, len(p.Columns))
		for i := range min(len(row), len(cells)) {
			text, number := cellText(row[i])
			cells[i] = text
			p.Columns[i].Numeric = p.Columns[i].Numeric && (number || text == "")
		}
		p.Rows = append(p.Rows, cells)
	}
}

// cellText shows a cell: plain values as they are, tagged ones by their tag.
func cellText(raw json.RawMessage) (text string, number bool) {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw), false
	}
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return format.Clip(v, 400), false
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(v), false
	}
	m := readMetadata("", raw)
	return m.oneLine(), m.IsNum
}

// figureDigits is how many significant digits of a figure with a fraction a table
// shows; its title has the others.
const figureDigits = 6

// shortFigure cuts a number with a fraction to figureDigits; it is false where
// nothing has to be cut. Whole digits are never cut.
func shortFigure(text string) (string, bool) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !strings.ContainsAny(text, ".eE") || math.IsInf(v, 0) || significant(text) <= figureDigits {
		return text, false
	}
	short := strconv.FormatFloat(v, 'g', figureDigits, 64)
	if a := math.Abs(v); a >= 1e-4 && a < 1e15 {
		whole := max(1, int(math.Floor(math.Log10(a)))+1) // digits before the point
		if a < 1 {
			whole = int(math.Floor(math.Log10(a))) + 1 // zeros after it count for nothing
		}
		short = strconv.FormatFloat(v, 'f', max(0, figureDigits-whole), 64)
		if strings.Contains(short, ".") {
			short = strings.TrimSuffix(strings.TrimRight(short, "0"), ".")
		}
	}
	return short, len(short) < len(text)
}

// significant counts the digits of a number without its exponent and leading zeros.
func significant(text string) int {
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	digits := strings.TrimLeft(strings.ReplaceAll(strings.TrimLeft(mantissa, "+-"), ".", ""), "0")
	return len(digits)
}

// figures are the numeric columns of a table with a label for each row, for a
// chart: the first column that is not numeric gives the labels.
func (p *Preview) figures() (labels []string, column int, values []float64, ok bool) {
	label := -1
	column = -1
	for i, c := range p.Columns {
		if c.Numeric && column < 0 {
			column = i
		} else if !c.Numeric && label < 0 {
			label = i
		}
	}
	if column < 0 || label < 0 || len(p.Rows) < 2 || len(p.Rows) > 60 {
		return nil, 0, nil, false
	}
	for _, r := range p.Rows {
		v, err := strconv.ParseFloat(r[column], 64)
		if err != nil || v < 0 {
			return nil, 0, nil, false
		}
		labels, values = append(labels, r[label]), append(values, v)
	}
	return labels, column, values, true
}
