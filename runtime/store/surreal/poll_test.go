package surreal

import (
	"context"
	"slices"
	"testing"
	"time"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// deaf is a connection whose live queries never tell anything.
type deaf struct {
	link
	begun chan struct{}
}

func (d deaf) Live(ctx context.Context, sql string, vars map[string]any) (*conn.Subscription, error) {
	d.begun <- struct{}{}
	return d.link.Live(ctx, sql, map[string]any{"loc": "nowhere"})
}

func TestSilentLiveQuery(t *testing.T) {
	db := surrealtest.Shared(t)
	d := openDB(t, config(t, db))
	begun := make(chan struct{}, 1000)
	d.link = deaf{d.link, begun}
	d.watches.poll, d.watches.look = 5*time.Millisecond, time.Hour
	other := openDB(t, config(t, db)).Location("l")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	run := newRun(t, other)
	watched := make(chan []event.Type)
	go func() {
		var types []event.Type
		for list, err := range d.Location("l").WatchStream(ctx, run, 0) {
			if err != nil {
				break
			}
			for _, e := range list {
				types = append(types, e.Type())
			}
		}
		watched <- types
	}()
	for hints, err := range d.Location("l").WatchLocation(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(hints.Hints, func(h store.Hint) bool { return h.Stream == run && h.Seq == 3 }) {
			break
		}
		if len(hints.Hints) == 0 {
			if _, err := other.RequestCancel(ctx, run, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []event.Type{event.TypeRunCreated, event.TypeRunCancelRequested, event.TypeRunFinished}
	if got := <-watched; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSilentLiveQueryIsBegunAnew(t *testing.T) {
	db := surrealtest.Shared(t)
	d := openDB(t, config(t, db))
	begun := make(chan struct{}, 1000)
	d.link = deaf{d.link, begun}
	d.watches.poll, d.watches.look = time.Millisecond, time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	other := openDB(t, config(t, db)).Location("l")
	go func() {
		for ctx.Err() == nil {
			_, _ = other.Register(ctx, store.Catalogue{Name: "n", Hash: time.Now().String()})
		}
	}()
	for _, err := range d.Location("l").WatchLocation(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		if len(begun) > 1 {
			return
		}
	}
}
