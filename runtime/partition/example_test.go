package partition_test

import (
	"errors"
	"fmt"
	"time"

	"rivers.io/runtime/partition"
)

// A grid knows its keys by arithmetic. Start and End are its first and last key.
func ExampleNew() {
	days, err := partition.New(partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-03-31"})
	if err != nil {
		panic(err)
	}
	var now time.Time // matters to open ends only
	key, _ := days.Key(31, now)
	at, _ := days.Ordinal("2001-03-31", now)
	fmt.Println(days.Count(now), key, at)
	_, err = days.Ordinal("2001-04-01", now)
	fmt.Println(err)
	// Output:
	// 90 2001-02-01 89
	// partition key "2001-04-01" is after the last key; nearest valid: 2001-03-31
}

// A selection becomes a set of ordinals, and a set canonical text.
func ExampleParseSelection() {
	days, _ := partition.New(partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-03-31"})
	var now time.Time
	wanted, err := partition.ParseSelection("2001-02-07, 2001-01-01..2001-01-31, 2001-01-05", days, now)
	if err != nil {
		panic(err)
	}
	done := partition.Span(0, 30)
	fmt.Println(wanted.Count(), partition.FormatSelection(wanted, days, now))
	fmt.Println(partition.FormatSelection(wanted.AndNot(done), days, now))
	// Output:
	// 32 2001-01-01..2001-01-31,2001-02-07
	// 2001-01-31,2001-02-07
}

// An offset mapping takes a neighbouring window; where there is none, the error
// says which key was meant.
func ExampleMapping_Upstream() {
	days, _ := partition.New(partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-03-31"})
	yesterday := partition.Mapping{Kind: partition.Offset, Offset: -1}
	key, _ := yesterday.Upstream(days, days, "2001-03-01", time.Time{})
	fmt.Println(key)
	_, err := yesterday.Upstream(days, days, "2001-01-01", time.Time{})
	var outside *partition.OutOfRangeError
	fmt.Println(errors.As(err, &outside), err)
	// Output:
	// 2001-02-28
	// true partition 2001-01-01 maps to upstream partition 2000-12-31, which is outside of 2001-01-01..2001-03-31
}

// Search pages the keys that hold a text.
func ExampleSearch() {
	days, _ := partition.New(partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-03-31"})
	keys, total := partition.Search(days, "-03-3", time.Time{}, 0, 10)
	fmt.Println(keys, total)
	// Output: [2001-03-30 2001-03-31] 2
}
