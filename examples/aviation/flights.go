package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"rivers.io/runtime/rivers"
)

//go:embed data/flights-20k.json
var flightsJSON []byte

// Flight is one flight of the sample.
type Flight struct {
	Departure   time.Time
	Delay       int // minutes; negative is early
	Distance    int // miles
	Origin      string
	Destination string
}

var flights = rivers.NewAsset("flights",
	func(ctx *rivers.Context) ([]Flight, error) {
		byDay, err := flightsByDay()
		if err != nil {
			return nil, err
		}
		day := byDay[ctx.Partition().Key()]
		ctx.Logger.Info("read flights", "day", string(ctx.Partition().Key()), "rows", len(day))
		if len(day) == 0 {
			return nil, rivers.GiveUp(fmt.Errorf("no flights on %s", ctx.Partition().Key()))
		}
		return day, nil
	},
	days,
	rivers.Group("ingest"),
	rivers.Kinds("json"),
	rivers.Owners("data@aviation.example"),
	rivers.Tags("bts"),
	rivers.CodeVersion("1"),
	rivers.Retry(2, rivers.ExponentialBackoff(time.Second)),
	rivers.Description("Flights that departed on a day, as the Bureau of Transportation Statistics recorded them."),
)

// flightsByDay parses the file once per process.
var flightsByDay = sync.OnceValues(func() (map[rivers.Key][]Flight, error) {
	var rows []struct {
		Date                string
		Delay, Distance     int
		Origin, Destination string
	}
	if err := json.Unmarshal(flightsJSON, &rows); err != nil {
		return nil, fmt.Errorf("flights-20k.json: %w", err)
	}
	byDay := map[rivers.Key][]Flight{}
	for i, r := range rows {
		at, err := time.Parse("2006/01/02 15:04", r.Date)
		if err != nil {
			return nil, fmt.Errorf("flights-20k.json: row %d: %w", i, err)
		}
		key := rivers.Key(at.Format(time.DateOnly))
		byDay[key] = append(byDay[key], Flight{at, r.Delay, r.Distance, r.Origin, r.Destination})
	}
	return byDay, nil
})
