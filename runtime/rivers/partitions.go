package rivers

import (
	"slices"

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

// Daily is one key a day, such as "2001-01-31", from the first day to the last,
// both included. An empty last day follows the present.
func Daily(first, last string) Partitions {
	return Partitions{partition.Definition{Kind: partition.Daily, Start: first, End: last}}
}

// Hourly is one key an hour, such as "2001-01-31T05:00", from the first hour to
// the last, both included. An empty last hour follows the present.
func Hourly(first, last string) Partitions {
	return Partitions{partition.Definition{Kind: partition.Hourly, Start: first, End: last}}
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
