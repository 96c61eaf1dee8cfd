package iohandler

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// The times that a column can hold: reading any unit passes through nanoseconds.
var (
	minTime = time.Unix(0, -1<<63).UTC()
	maxTime = time.Unix(0, 1<<63-1).UTC()
)

// checkTimes refuses rows with a time that a column cannot hold and would give
// back as another one.
func checkTimes(rows reflect.Value) error {
	for i := range rows.Len() {
		if err := checkTimesIn(rows.Index(i)); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}

func checkTimesIn(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return checkTimesIn(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			return nil
		}
		for i := range v.Len() {
			if err := checkTimesIn(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return checkTime(v.Interface().(time.Time))
		}
		return checkTimeFields(v)
	}
	return nil
}

func checkTimeFields(v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag := f.Tag.Get("parquet")
		if !f.IsExported() || tag == "-" {
			continue
		}
		if f.Type == timeType && strings.Contains(tag, "optional") && v.Field(i).IsZero() {
			continue // stored as no value, which reads back as the zero time
		}
		if err := checkTimesIn(v.Field(i)); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}

func checkTime(t time.Time) error {
	if t.Before(minTime) || t.After(maxTime) {
		return fmt.Errorf("time %s is outside of the years %d to %d that a column of times holds; "+
			"the tag `parquet:\",optional\"` stores a zero time as no value",
			t.Format(time.RFC3339), minTime.Year(), maxTime.Year())
	}
	return nil
}

// day is the length of a day in nanoseconds.
const day = int64(24 * time.Hour)

// fixDates turns times in columns of dates, which arrive as nanoseconds since
// the epoch, into days.
func fixDates(row parquet.Row, dates []bool) {
	for i, v := range row {
		if !dates[v.Column()] || v.IsNull() || v.Kind() != parquet.Int64 {
			continue
		}
		days := v.Int64() / day
		if v.Int64()%day < 0 {
			days--
		}
		row[i] = parquet.Int32Value(int32(days)).Level(v.RepetitionLevel(), v.DefinitionLevel(), v.Column())
	}
}

// dateColumns tells which leaf columns hold dates; nil when none does.
func dateColumns(schema *parquet.Schema) []bool {
	var dates []bool
	types := leafTypes(nil, schema)
	for i, t := range types {
		if _, ok := logicalOf(t).(*format.DateType); ok {
			if dates == nil {
				dates = make([]bool, len(types))
			}
			dates[i] = true
		}
	}
	return dates
}
