package metadata

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// content reads a value whose content is one JSON value.
func content[V Value](w wire) (Value, error) {
	var v V
	if len(w.Value) == 0 || string(w.Value) == "null" {
		return nil, errors.New("value is missing")
	}
	if err := json.Unmarshal(w.Value, &v); err != nil {
		return nil, err
	}
	return v, nil
}

func (w wire) span() (Value, error) {
	nanos, err := parseSeconds(w.Value)
	if err != nil {
		return nil, err
	}
	if w.Type == TagTimestamp {
		sec, nsec := new(big.Int).QuoRem(nanos, big.NewInt(int64(time.Second)), new(big.Int))
		return Timestamp(time.Unix(sec.Int64(), nsec.Int64()).UTC()), nil
	}
	if !nanos.IsInt64() {
		return nil, fmt.Errorf("%s seconds is out of range", w.Value)
	}
	return Duration(nanos.Int64()), nil
}

func (w wire) list(depth int) (Value, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(w.Value, &elements); err != nil {
		return nil, err
	}
	list := make(List, len(elements))
	for i, element := range elements {
		value, err := decode(element, depth+1)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		list[i] = value
	}
	return list, nil
}

func (w wire) schema() (Value, error) {
	var s Schema
	if err := json.Unmarshal(w.Columns, &s); err != nil {
		return nil, err
	}
	return s, nil
}

func (w wire) table(depth int) (Value, error) {
	var t Table
	if err := json.Unmarshal(w.Columns, &t.Columns); err != nil {
		return nil, fmt.Errorf("columns: %w", err)
	}
	if w.Rows == nil {
		return t, nil
	}
	var rows [][]json.RawMessage
	if err := json.Unmarshal(*w.Rows, &rows); err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	for i, row := range rows {
		cells := make([]any, len(row))
		for j, raw := range row {
			cell, err := decodeCell(raw, depth)
			if err != nil {
				return nil, fmt.Errorf("row %d, cell %d: %w", i, j, err)
			}
			cells[j] = cell
		}
		t.Rows = append(t.Rows, cells)
	}
	return t, nil
}

// decodeCell reads plain cells as Go values, whole numbers as int64, and
// objects as values of this package.
func decodeCell(raw json.RawMessage, depth int) (any, error) {
	if len(raw) > 0 && raw[0] == '{' {
		return decode(raw, depth+1)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var cell any
	if err := dec.Decode(&cell); err != nil {
		return nil, err
	}
	switch cell := cell.(type) {
	case json.Number:
		if n, err := cell.Int64(); err == nil {
			return n, nil
		}
		return cell.Float64()
	case []any:
		return nil, errors.New("a cell is not a list")
	}
	return cell, nil
}

// seconds writes a number of seconds with all of its nanoseconds, which a
// float64 would round.
func seconds(sec, nsec int64) json.Number {
	if nsec == 0 {
		return json.Number(fmt.Sprint(sec))
	}
	total := new(big.Int).Mul(big.NewInt(sec), big.NewInt(int64(time.Second)))
	total.Add(total, big.NewInt(nsec))
	sign := ""
	if total.Sign() < 0 {
		sign = "-"
		total.Neg(total)
	}
	whole, rest := new(big.Int).QuoRem(total, big.NewInt(int64(time.Second)), new(big.Int))
	return json.Number(sign + whole.String() + "." + strings.TrimRight(fmt.Sprintf("%09d", rest), "0"))
}

// parseSeconds reads a JSON number of seconds as whole nanoseconds.
func parseSeconds(raw json.RawMessage) (nanos *big.Int, err error) {
	var number json.Number
	if err := json.Unmarshal(raw, &number); err != nil || number == "" {
		return nil, fmt.Errorf("not a number of seconds: %.40q", raw)
	}
	if f, err := number.Float64(); err != nil || f > 1e15 || f < -1e15 {
		return nil, fmt.Errorf("%.40s seconds is out of range", number)
	}
	if len(number) > maxNumber {
		return nil, fmt.Errorf("a number of seconds with %d digits", len(number))
	}
	r, ok := new(big.Rat).SetString(string(number))
	if !ok {
		return nil, fmt.Errorf("not a number of seconds: %.40q", raw)
	}
	r.Mul(r, big.NewRat(int64(time.Second), 1))
	return new(big.Int).Quo(r.Num(), r.Denom()), nil
}

// maxNumber bounds the text of a number, so that exact arithmetic stays small.
const maxNumber = 64
