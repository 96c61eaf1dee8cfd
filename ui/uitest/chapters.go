package uitest

import (
	"fmt"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// span runs the assets for each day of a range, day after day.
func (h *historian) span(assets []string, from, to, selection string, launcher event.Launcher, tags map[string]string) error {
	first, last := day(from), day(to)
	days := int(last.Sub(first).Hours()/24) + 1
	r, err := NewRun(h.ctx, h.state, event.RunCreated{
		Steps: days * len(assets), Selection: selection, Assets: assets, Partitions: from + ".." + to, Launcher: launcher, Tags: tags,
	}, store.NotStarted)
	if err != nil {
		return err
	}
	h.clock.Advance(240 * time.Millisecond)
	if err := r.Start(h.ctx); err != nil {
		return err
	}
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		for _, name := range assets {
			s := event.Step{Name: name, Key: partition.Key(d.Format(time.DateOnly))}
			if err := h.step(r, s, time.Duration(400+h.dice.IntN(1800))*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return r.Finish(h.ctx, event.Succeeded, "")
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err) // written below
	}
	return t
}

// single runs assets without partitions.
func (h *historian) single(assets ...string) error {
	r, err := NewRun(h.ctx, h.state, event.RunCreated{Steps: len(assets), Selection: assets[len(assets)-1], Assets: assets}, store.NotStarted)
	if err != nil {
		return err
	}
	if err := r.Start(h.ctx); err != nil {
		return err
	}
	for _, name := range assets {
		if err := h.step(r, event.Step{Name: name}, time.Duration(900+h.dice.IntN(9000))*time.Millisecond); err != nil {
			return err
		}
	}
	return r.Finish(h.ctx, event.Succeeded, "")
}

func (h *historian) reference() error { return h.single("airports") }

func (h *historian) january() error {
	return h.span([]string{"flights", "delays", "delay_trend"}, "2001-01-01", "2001-01-31", "+delay_trend", event.Launcher{}, map[string]string{"month": "january"})
}

func (h *historian) february() error {
	return h.span([]string{"flights", "delays"}, "2001-02-01", "2001-02-19", "+delays", event.Launcher{Kind: "schedule", Name: "nightly"}, map[string]string{"month": "february"})
}

func (h *historian) network() error { return h.single("route_network") }

func (h *historian) report() error { return h.single("monthly_report", "publish") }

func (h *historian) scores() error {
	r, err := NewRun(h.ctx, h.state, event.RunCreated{Steps: 4, Selection: "carrier_scores", Assets: []string{"carrier_scores"}, Partitions: "AA..DL"}, store.NotStarted)
	if err != nil {
		return err
	}
	if err := r.Start(h.ctx); err != nil {
		return err
	}
	for _, key := range []string{"AA", "AS", "CO", "DL"} {
		if err := h.step(r, event.Step{Name: "carrier_scores", Key: partition.Key(key)}, 700*time.Millisecond); err != nil {
			return err
		}
	}
	return r.Finish(h.ctx, event.Succeeded, "")
}

// failure is a day whose file is broken: a retry, then the end.
func (h *historian) failure() error {
	keys := []partition.Key{"2001-02-20", "2001-02-21", "2001-02-22"}
	r, err := NewRun(h.ctx, h.state, event.RunCreated{Steps: 9, Selection: "+delay_trend", Assets: []string{"flights", "delays", "delay_trend"}, Partitions: "2001-02-20..2001-02-22"}, store.NotStarted)
	if err != nil {
		return err
	}
	if err := r.Start(h.ctx); err != nil {
		return err
	}
	for i, key := range keys {
		if i != 1 {
			for _, name := range []string{"flights", "delays", "delay_trend"} {
				if err := h.step(r, event.Step{Name: name, Key: key}, 1100*time.Millisecond); err != nil {
					return err
				}
			}
			continue
		}
		if err := h.broken(r, key); err != nil {
			return err
		}
	}
	return r.Finish(h.ctx, event.Failed, "flights[2001-02-21] failed after 3 attempts")
}

func (h *historian) broken(r *Run, key partition.Key) error {
	s := event.Step{Name: "flights", Key: key}
	for attempt := 1; attempt <= 3; attempt++ {
		if err := r.Launch(h.ctx, s); err != nil {
			return err
		}
		began := h.clock.Now()
		took := time.Duration(600+200*attempt) * time.Millisecond
		h.clock.Advance(took)
		text := fmt.Sprintf("read day %s: line 14: delay %q is no number", key, "n/a")
		if err := r.Log(h.ctx, s, began, append(chatter(s, began, took), store.LogLine{Stream: store.Records, Level: "ERROR", Text: text, Time: h.clock.Now()})...); err != nil {
			return err
		}
		retry := time.Time{}
		if attempt < 3 {
			retry = h.clock.Now().Add(time.Duration(attempt) * time.Second)
		}
		if err := r.Fail(h.ctx, s, took, text, retry); err != nil {
			return err
		}
		h.clock.Advance(time.Duration(attempt) * time.Second)
	}
	for _, name := range []string{"delays", "delay_trend"} {
		if err := r.Skip(h.ctx, event.Step{Name: name, Key: key}, s); err != nil {
			return err
		}
	}
	return nil
}

func (h *historian) canceled() error {
	r, err := NewRun(h.ctx, h.state, event.RunCreated{Steps: 2, Selection: "weather", Assets: []string{"weather"}, Partitions: "2001-01-01T00:00..2001-01-01T01:00"}, store.Queued)
	if err != nil {
		return err
	}
	h.clock.Advance(40 * time.Second)
	_, err = h.state.RequestCancel(h.ctx, r.ID, &event.User{Subject: "grace", Name: "Grace"})
	return err
}

// change makes a new version of an input, so that what reads it is stale.
func (h *historian) change() error { return h.single("airports") }

func (h *historian) queued() error {
	_, err := NewRun(h.ctx, h.state, event.RunCreated{Steps: 6, Selection: "carrier_scores", Assets: []string{"carrier_scores"}, Partitions: "HP..WN", Tags: map[string]string{"priority": "low"}}, store.Queued)
	h.clock.Advance(2 * time.Second)
	return err
}

// atWork leaves a run in the middle.
func (h *historian) atWork(end time.Time) error {
	r, err := NewRun(h.ctx, h.state, event.RunCreated{Steps: 18, Selection: "+delay_trend", Assets: []string{"flights", "delays", "delay_trend"}, Partitions: "2001-02-23..2001-02-28", Tags: map[string]string{"month": "february", "team": "analytics"}}, store.NotStarted)
	if err != nil {
		return err
	}
	if err := r.Start(h.ctx); err != nil {
		return err
	}
	for _, key := range []partition.Key{"2001-02-23", "2001-02-24"} {
		for _, name := range []string{"flights", "delays", "delay_trend"} {
			if err := h.step(r, event.Step{Name: name, Key: key}, 9*time.Second); err != nil {
				return err
			}
		}
	}
	s := event.Step{Name: "flights", Key: "2001-02-25"}
	if err := r.Launch(h.ctx, s); err != nil {
		return err
	}
	h.clock.Advance(6 * time.Second)
	if err := r.Fail(h.ctx, s, 6*time.Second, "read day 2001-02-25: connection reset", h.clock.Now().Add(2*time.Second)); err != nil {
		return err
	}
	h.clock.Advance(2 * time.Second)
	for _, step := range []event.Step{s, {Name: "flights", Key: "2001-02-26"}} {
		if err := r.Launch(h.ctx, step); err != nil {
			return err
		}
	}
	if rest := end.Sub(h.clock.Now()); rest > 0 {
		h.clock.Advance(rest)
	}
	_, err = h.state.Renew(h.ctx, r.ID, r.epoch, store.MaxLease)
	return err
}
