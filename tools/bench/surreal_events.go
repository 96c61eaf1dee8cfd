package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rivers.io/runtime/store/surreal"
	"rivers.io/runtime/store/surreal/conn"
)

// crowds are the numbers of clients at once.
var crowds = []int{1, 8, 64}

// groupings are the appends of events: how many each holds, and how many appends
// all clients make together.
var groupings = []struct {
	name          string
	group, groups int
}{
	{"one chained step", 3, 1280},
	{"32 events", 32, 512},
	{"512 events", 512, 64},
}

// surrealMeasurements set the driver of SurrealDB beside SQLite and beside bare
// writes of the same records.
func surrealMeasurements() []measurement {
	var all []measurement
	for _, name := range []string{inMemory, onRocksDB} {
		all = append(all, measurement{name: "surreal/events, " + name, run: func(dir string) ([]figure, error) { return measureEvents(dir, name) }})
		all = append(all, measurement{name: "surreal/latency, " + name, run: func(dir string) ([]figure, error) { return measureLatency(dir, name) }})
		for _, shape := range []string{"independent", "chain"} {
			all = append(all, measurement{name: "surreal/runs, " + shape + ", " + name, run: func(dir string) ([]figure, error) {
				return measureSurrealRun(dir, name, shape == "chain")
			}})
		}
	}
	return append(all, measurement{name: "surreal/pages of 1,000,000 events", run: measurePages})
}

// measureEvents appends as an executor does, and then writes the same records bare.
func measureEvents(dir, name string) ([]figure, error) {
	ctx := context.Background()
	most := crowds[len(crowds)-1]
	s, err := openStand(ctx, name, dir, most)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	lite, err := openStand(ctx, onSQLite, dir, most)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lite.close() }()
	var out []figure
	for _, g := range groupings {
		for _, clients := range crowds {
			f, err := measureAppends(ctx, s, lite, g.group, max(g.groups/clients, 3), clients)
			if err != nil {
				return nil, err
			}
			f.Name = fmt.Sprintf("%s an append, %d clients", g.name, clients)
			out = append(out, f)
		}
	}
	return out, nil
}

func measureAppends(ctx context.Context, s, lite *stand, group, groups, clients int) (figure, error) {
	driver, events, err := appendAll(ctx, s, group, groups, clients)
	if err != nil {
		return figure{}, err
	}
	bare, err := appendBare(ctx, s, group, groups, clients)
	if err != nil {
		return figure{}, err
	}
	other, _, err := appendAll(ctx, lite, group, groups, clients)
	rate := func(d time.Duration) float64 { return float64(events) / d.Seconds() }
	return figure{
		Value: rate(driver), Unit: "events/s", Aim: "60 % of bare",
		Beside: fmt.Sprintf("bare %.0f: %.0f %% of bare; SQLite %.0f", rate(bare), 100*bare.Seconds()/driver.Seconds(), rate(other)),
	}, err
}

// appendAll lets each client append to a run of its own.
func appendAll(ctx context.Context, s *stand, group, groups, clients int) (time.Duration, int, error) {
	loads, events := make([]*load, clients), 0
	for c := range loads {
		var err error
		if loads[c], err = newLoad(ctx, s.location(c), c, group, groups); err != nil {
			return 0, 0, err
		}
		events += loads[c].events
	}
	took, err := timed(func() error {
		return clientsOf(clients, func(c int) error {
			for _, add := range loads[c].appends {
				if _, err := s.location(c).Append(ctx, loads[c].run, add); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return took, events, err
}

// appendBare records appends of another database of the same server and writes
// them into a third one.
func appendBare(ctx context.Context, s *stand, group, groups, clients int) (time.Duration, error) {
	scratch := fmt.Sprintf("scratch_%d_%d", group, clients)
	db, err := s.engine.open(ctx, scratch, surreal.ReadWrite)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	side, err := s.engine.connect(ctx, scratch)
	if err != nil {
		return 0, err
	}
	defer func() { _ = side.Close() }()
	all := make([][]written, clients)
	for c := range all {
		l, err := newLoad(ctx, db.Location("bench"), c, group, groups)
		if err != nil {
			return 0, err
		}
		if all[c], err = record(ctx, side, db.Location("bench"), l); err != nil {
			return 0, err
		}
	}
	return replayAll(ctx, s, "bare_"+scratch, all)
}

// replayAll writes what each client recorded, each by a connection of its own.
func replayAll(ctx context.Context, s *stand, database string, all [][]written) (time.Duration, error) {
	db, err := s.engine.open(ctx, database, surreal.ReadWrite) // for the schema
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	conns := make([]*conn.Conn, len(all))
	defer func() {
		for _, c := range conns {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	for i := range all {
		if conns[i], err = s.engine.connect(ctx, database); err != nil {
			return 0, err
		}
		if err := putHeads(ctx, conns[i], all[i]); err != nil {
			return 0, err
		}
	}
	return timed(func() error {
		return clientsOf(len(all), func(i int) error {
			return errors.Join(replay(ctx, conns[i], all[i]))
		})
	})
}
