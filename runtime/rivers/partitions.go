package rivers

import (
	"slices"
	"time"

	"rivers.io/runtime/partition"
)

// Partitions is a key space: the parts that an asset is made of.
type Partitions struct{ def partition.Definition }

// Partitioned divides the asset into the keys of p; each is materialized by a
// step of its own.
func Partitioned(p Partitions) Option {
	return optionFunc(func(d *declaration) {
		def := p.def
		def.Keys = slices.Clone(def.Keys)
		d.def.Partitions = &def
	})
}

// Static is an ordered set of keys.
func Static(keys ...string) Partitions {
	return Partitions{partition.Definition{Kind: partition.Static, Keys: slices.Clone(keys)}}
}

// The formats of the keys of time grids.
const (
	dayFormat  = "2006-01-02"
	hourFormat = "2006-01-02T15:04"
)

// Daily is one key a day, such as "2001-01-31", from the first day to the last,
// both included. An empty last day follows the present.
func Daily(first, last string) Partitions {
	return Partitions{partition.Definition{
		Kind: partition.Daily, Start: first,
		End: after(dayFormat, last, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }),
	}}
}

// Hourly is one key an hour, such as "2001-01-31T05:00", from the first hour to
// the last, both included. An empty last hour follows the present.
func Hourly(first, last string) Partitions {
	return Partitions{partition.Definition{
		Kind: partition.Hourly, Start: first,
		End: after(hourFormat, last, func(t time.Time) time.Time { return t.Add(time.Hour) }),
	}}
}

// after turns the last key of a grid into its end, which is not included. Text
// that is no key stays as it is, for Validate to name.
func after(format, last string, next func(time.Time) time.Time) string {
	t, err := time.Parse(format, last)
	if err != nil {
		return last
	}
	return next(t).Format(format)
}

// In reads the present of a grid with an open end in an IANA time zone, such as
// "Europe/Berlin"; the default is UTC. Daylight saving neither drops nor
// repeats a key.
func (p Partitions) In(zone string) Partitions {
	p.def.Timezone = zone
	return p
}

// CompletedOnly leaves the window in progress out of a grid with an open end:
// a key exists once its window has ended.
func (p Partitions) CompletedOnly() Partitions {
	p.def.CompletedOnly = true
	return p
}
