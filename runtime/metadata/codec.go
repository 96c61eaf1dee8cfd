package metadata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// MaxEncoded is the largest encoded value that is accepted, in bytes.
const MaxEncoded = 1 << 20

// Encode returns the stored form of a value, after checking it. A value larger
// than MaxEncoded is an error.
func Encode(v Value) (json.RawMessage, error) {
	if err := v.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", v.Tag(), err)
	}
	raw, err := v.encode()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", v.Tag(), err)
	case len(raw) > MaxEncoded:
		return nil, fmt.Errorf("%s of %d bytes is larger than %d", v.Tag(), len(raw), MaxEncoded)
	}
	return raw, nil
}

// wire is the stored form of any known value.
type wire struct {
	Type     Tag              `json:"type"`
	Value    json.RawMessage  `json:"value,omitempty"`
	Dialect  string           `json:"dialect,omitempty"`
	Language string           `json:"language,omitempty"`
	Start    *time.Time       `json:"start,omitempty"`
	End      *time.Time       `json:"end,omitempty"`
	Columns  json.RawMessage  `json:"columns,omitempty"`
	Rows     *json.RawMessage `json:"rows,omitempty"`
}

// marshal encodes v without turning <, > and & into escapes.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

// tagged encodes a value whose content is one JSON value.
func tagged(tag Tag, content any) ([]byte, error) {
	raw, err := marshal(content)
	if err != nil {
		return nil, err
	}
	return marshal(wire{Type: tag, Value: raw})
}

func (v Text) encode() ([]byte, error)        { return tagged(TagText, string(v)) }
func (v Path) encode() ([]byte, error)        { return tagged(TagPath, string(v)) }
func (v Markdown) encode() ([]byte, error)    { return tagged(TagMarkdown, string(v)) }
func (v Int) encode() ([]byte, error)         { return tagged(TagInt, int64(v)) }
func (v Float) encode() ([]byte, error)       { return tagged(TagFloat, float64(v)) }
func (v Bool) encode() ([]byte, error)        { return tagged(TagBool, bool(v)) }
func (Null) encode() ([]byte, error)          { return marshal(wire{Type: TagNull}) }
func (v URL) encode() ([]byte, error)         { return tagged(TagURL, string(v)) }
func (v JSON) encode() ([]byte, error)        { return tagged(TagJSON, string(v)) }
func (v Bytes) encode() ([]byte, error)       { return tagged(TagBytes, uint64(v)) }
func (v Percentage) encode() ([]byte, error)  { return tagged(TagPercentage, float64(v)) }
func (v Image) encode() ([]byte, error)       { return tagged(TagImage, string(v)) }
func (v DataVersion) encode() ([]byte, error) { return tagged(TagDataVersion, string(v)) }
func (u Unknown) encode() ([]byte, error)     { return u.Raw, nil }

func (v Timestamp) encode() ([]byte, error) {
	t := time.Time(v)
	return tagged(TagTimestamp, seconds(t.Unix(), int64(t.Nanosecond())))
}

func (v Duration) encode() ([]byte, error) {
	return tagged(TagDuration, seconds(int64(v)/int64(time.Second), int64(v)%int64(time.Second)))
}

func (v SQL) encode() ([]byte, error) {
	raw, err := marshal(v.Query)
	if err != nil {
		return nil, err
	}
	return marshal(wire{Type: TagSQL, Value: raw, Dialect: v.Dialect})
}

func (v Code) encode() ([]byte, error) {
	raw, err := marshal(v.Source)
	if err != nil {
		return nil, err
	}
	return marshal(wire{Type: TagCode, Value: raw, Language: v.Language})
}

func (r DateRange) encode() ([]byte, error) {
	start, end := r.Start.UTC(), r.End.UTC()
	return marshal(wire{Type: TagDateRange, Start: &start, End: &end})
}

func (l List) encode() ([]byte, error) {
	elements := make([]json.RawMessage, len(l))
	for i, element := range l {
		value, err := Of(element)
		if err != nil {
			return nil, err
		}
		if elements[i], err = value.encode(); err != nil {
			return nil, err
		}
	}
	return tagged(TagList, elements)
}

func (s Schema) encode() ([]byte, error) {
	columns := []Column(s)
	if columns == nil {
		columns = []Column{}
	}
	raw, err := marshal(columns)
	if err != nil {
		return nil, err
	}
	return marshal(wire{Type: TagSchema, Columns: raw})
}

func (t Table) encode() ([]byte, error) {
	columns, err := marshal(t.Columns)
	if err != nil {
		return nil, err
	}
	rows := make([][]json.RawMessage, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = make([]json.RawMessage, len(row))
		for j, cell := range row {
			if rows[i][j], err = encodeCell(cell); err != nil {
				return nil, err
			}
		}
	}
	raw, err := marshal(rows)
	if err != nil {
		return nil, err
	}
	return marshal(wire{Type: TagTable, Columns: columns, Rows: (*json.RawMessage)(&raw)})
}

// encodeCell writes plain values plainly and all others in their tagged form.
func encodeCell(cell any) ([]byte, error) {
	value, err := Of(cell)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case Null:
		return []byte("null"), nil
	case Text:
		return marshal(string(v))
	case Int:
		return marshal(int64(v))
	case Float:
		return floatCell(float64(v))
	case Bool:
		return marshal(bool(v))
	}
	return value.encode()
}

// floatCell writes a float so that it does not read back as a whole number.
func floatCell(f float64) ([]byte, error) {
	raw, err := marshal(f)
	if err == nil && !bytes.ContainsAny(raw, ".e") {
		raw = append(raw, ".0"...)
	}
	return raw, err
}
