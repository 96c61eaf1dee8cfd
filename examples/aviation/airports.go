package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"

	"rivers.io/runtime/rivers"
)

//go:embed data/airports.csv
var airportsCSV []byte

// Airport is one airport of the United States and its territories.
type Airport struct {
	IATA      string
	Name      string
	City      string
	State     string
	Latitude  float64 // degrees, north is positive
	Longitude float64 // degrees, east is positive
}

var airports = rivers.NewAsset("airports",
	func(ctx *rivers.Context) ([]Airport, error) {
		rows, err := csv.NewReader(bytes.NewReader(airportsCSV)).ReadAll()
		if err != nil {
			return nil, fmt.Errorf("airports.csv: %w", err)
		}
		out := make([]Airport, 0, len(rows)-1)
		for i, row := range rows[1:] {
			a := Airport{IATA: row[0], Name: row[1], City: row[2], State: row[3]}
			if a.Latitude, err = strconv.ParseFloat(row[5], 64); err == nil {
				a.Longitude, err = strconv.ParseFloat(row[6], 64)
			}
			if err != nil {
				return nil, fmt.Errorf("airports.csv: row %d: %w", i+2, err)
			}
			out = append(out, a)
		}
		return out, nil
	},
	rivers.Group("ingest"),
	rivers.Kinds("csv"),
	rivers.CodeVersion("1"),
	rivers.Description("Airports by IATA code, with their places."),
)
