package iohandler

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// cut bounds one cell and takes its size from the room that is left.
func (r *previewer) cut(cell any) any {
	switch c := cell.(type) {
	case string:
		if len(c) > MaxPreviewCell {
			r.p.Truncated = true
			c = strings.ToValidUTF8(c[:MaxPreviewCell], "") + "…"
		}
		r.room -= len(c)
		return c
	case json.RawMessage:
		if len(c) > MaxPreviewCell { // no longer JSON once it is cut
			return r.cut(string(c))
		}
		r.room -= len(c)
		return c
	}
	r.room -= 8
	return cell
}

// cellOf turns a value of a Parquet column into a cell.
func cellOf(v parquet.Value, t parquet.Type) any {
	if v.IsNull() {
		return nil
	}
	switch logical := logicalOf(t).(type) {
	case *format.TimestampType:
		return instant(v.Int64(), logical.Unit.Value.Duration()).Format(time.RFC3339Nano)
	case *format.DateType:
		return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
	case *format.IntType:
		return integer(v, logical)
	}
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int32:
		return int64(v.Int32())
	case parquet.Int64:
		return v.Int64()
	case parquet.Float:
		return number(float64(v.Float()))
	case parquet.Double:
		return number(v.Double())
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return text(v.ByteArray(), t)
	}
	return v.String()
}

func instant(n int64, unit time.Duration) time.Time {
	perSecond := int64(time.Second / unit)
	sec, rest := n/perSecond, n%perSecond
	return time.Unix(sec, rest*int64(unit)).UTC()
}

func integer(v parquet.Value, t *format.IntType) any {
	n := v.Int64()
	if v.Kind() == parquet.Int32 {
		n = int64(v.Int32())
	}
	switch {
	case t.IsSigned:
		return n
	case v.Kind() == parquet.Int32:
		return uint64(uint32(n)) //nolint:gosec // the bits are an unsigned number
	}
	return uint64(n) //nolint:gosec // the bits are an unsigned number
}

// number is a cell that JSON can hold; NaN and infinities become text.
func number(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "+Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	}
	return f
}

// text shows bytes as text when they are declared or look like it, else in
// hexadecimal.
func text(b []byte, t parquet.Type) any {
	if _, isUUID := logicalOf(t).(*format.UUIDType); !isUUID && utf8.Valid(b) {
		return string(b)
	}
	return "0x" + hex.EncodeToString(b)
}
