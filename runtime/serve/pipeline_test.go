package serve_test

import (
	"fmt"
	"hash/fnv"
	"iter"
	"os"
	"testing"
	"time"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/serve"
)

// TestMain lets the test binary be the pipeline: a real process that a test can
// kill.
func TestMain(m *testing.M) {
	switch os.Getenv("RIVERS_TEST_PIPELINE") {
	case "crashing":
		serve.Main(pipeline())
	case "broken":
		serve.Main(broken())
	case "odd":
		serve.Main(odd())
	case "two":
		serve.Main(pipeline(), odd())
	}
	os.Exit(m.Run())
}

// Flight is a row of the test pipeline.
type Flight struct {
	Day   string
	Delay int
}

// pipeline is days of flights, some of which fail at first, their delays and a
// report of all.
func pipeline() *rivers.Repository {
	days := rivers.Partitioned(rivers.Daily("2001-01-01", "2001-01-31"))
	retry := rivers.Retry(6, rivers.ConstantBackoff(3*time.Millisecond))
	flights := rivers.NewAsset("flights", func(ctx *rivers.Context) ([]Flight, error) {
		day := string(ctx.Partition().Key())
		pause(ctx, 2*time.Millisecond)
		if chance(day, ctx.Attempt()) < 3 {
			return nil, fmt.Errorf("no connection in attempt %d", ctx.Attempt())
		}
		fmt.Fprintln(ctx.Stdout(), "read", day)
		rows := make([]Flight, 100)
		for i := range rows {
			rows[i] = Flight{day, i}
		}
		return rows, nil
	}, days, retry)
	delays := rivers.NewAsset1("delays", flights, func(ctx *rivers.Context, rows []Flight) (int, error) {
		pause(ctx, time.Millisecond)
		sum := 0
		for _, f := range rows {
			sum += f.Delay
		}
		return sum, nil
	}, days, retry)
	report := rivers.NewAsset1("report", rivers.Complete(delays.All()), func(_ *rivers.Context, all iter.Seq2[rivers.Key, int]) (map[string]int, error) {
		out := map[string]int{}
		for key, n := range all {
			out[string(key)] = n
		}
		return out, nil
	})
	return rivers.NewRepository("crashing", rivers.Assets(flights, delays, report))
}

// broken declares one name twice and uses an asset that it does not register.
func broken() *rivers.Repository {
	one := rivers.NewAsset("same", func(*rivers.Context) (int, error) { return 1, nil })
	two := rivers.NewAsset("same", func(*rivers.Context) (int, error) { return 2, nil })
	lost := rivers.NewAsset("lost", func(*rivers.Context) (int, error) { return 3, nil })
	user := rivers.NewAsset1("user", lost, func(_ *rivers.Context, n int) (int, error) { return n, nil })
	return rivers.NewRepository("broken", rivers.Assets(one, two, user))
}

// odd holds functions that misbehave.
func odd() *rivers.Repository {
	exits := rivers.NewAsset("exits", func(ctx *rivers.Context) (int, error) {
		fmt.Println("raw words")
		os.Exit(7)
		return 0, nil
	}, rivers.Executor("subprocess"))
	prints := rivers.NewAsset("prints", func(ctx *rivers.Context) (int, error) {
		fmt.Println("past the context")
		return 1, nil
	})
	waits := rivers.NewAsset("waits", func(ctx *rivers.Context) (int, error) {
		if ctx.Attempt() > 1 {
			return ctx.Attempt(), nil
		}
		<-ctx.Done()
		return 0, ctx.Err()
	})
	stubborn := rivers.NewAsset("stubborn", func(ctx *rivers.Context) (int, error) {
		<-make(chan int) // heeds nothing
		return 0, nil
	})
	return rivers.NewRepository("odd", rivers.Assets(exits, prints, waits, stubborn))
}

func pause(ctx *rivers.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// chance is a number below 10 that depends on its arguments alone.
func chance(day string, attempt int) uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, day, attempt)
	return h.Sum32() % 10
}
