package iohandler

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// The times that a column of nanoseconds can hold.
var (
	minTime = time.Unix(0, -1<<63).UTC()
	maxTime = time.Unix(0, 1<<63-1).UTC()
)

// checkTimes refuses rows with a time that a column of nanoseconds cannot hold
// and would store as another one.
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
		if !f.IsExported() || tag == "-" || strings.Contains(tag, "timestamp(") || strings.Contains(tag, "date") {
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
		return fmt.Errorf("time %s is outside of %d to %d, which a column of nanoseconds holds; "+
			"tag the field `parquet:\",optional\"` for zero times or `parquet:\",timestamp(microsecond)\"` for others",
			t.Format(time.RFC3339), minTime.Year(), maxTime.Year())
	}
	return nil
}
