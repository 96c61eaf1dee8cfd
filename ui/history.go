package ui

import (
	"errors"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// historyPage is the tab of an asset's events.
type historyPage struct {
	Only  string
	Key   string
	rows  []eventRow
	pages pages
}

// historyPerPage is the length of a page of history.
const historyPerPage = 50

func (c *call) historyPage(name string) (historyPage, error) {
	p := historyPage{Only: c.query("only"), Key: c.query("partition")}
	filter := store.HistoryFilter{Key: partition.Key(p.Key)}
	switch p.Only {
	case "":
	case "materializations":
		filter.Types = []event.Type{event.TypeMaterialization}
	default:
		return p, badRequest("Events can be restricted to materializations only.")
	}
	token := c.query("after")
	events, next, err := c.state.AssetHistory(c.ctx, name, filter, store.Page{Size: historyPerPage, Token: token})
	if err != nil {
		return p, err
	}
	for _, e := range events {
		p.rows = append(p.rows, describe(e))
	}
	if next != "" {
		p.pages.Next = c.pathWith("after", next)
	}
	if token != "" {
		p.pages.Prev = c.pathWith("after", "")
	}
	p.pages.Words = ""
	return p, nil
}

// materialization returns what a row published, or nil.
func (r eventRow) materialization() *event.Materialization {
	m, _ := r.Payload.(*event.Materialization)
	return m
}

// observation returns what a row observed, or nil.
func (r eventRow) observation() *event.Observation {
	o, _ := r.Payload.(*event.Observation)
	return o
}

// failure returns how a row failed, or nil.
func (r eventRow) failure() *event.StepFailed {
	f, _ := r.Payload.(*event.StepFailed)
	return f
}

// previewPage is the tab of the first rows.
type previewPage struct {
	Key     string
	Source  *store.Materialized
	Preview Preview
	// Problem says why there is nothing to see.
	Problem string
}

// previewRows is how many rows are shown.
const previewRows = 50

func (c *call) previewPage(page assetPage) (previewPage, error) {
	p := previewPage{Key: c.query("partition"), Source: page.verdict.Last}
	if p.Key != "" {
		key := store.AssetKey{Asset: page.def.Name, Key: partition.Key(p.Key)}
		found, err := c.state.Latest(c.ctx, []store.AssetKey{key})
		if err != nil {
			return p, err
		}
		p.Source = nil
		if m, ok := found[key]; ok {
			p.Source = &m
		}
	}
	switch {
	case p.Source == nil:
		return p, nil
	case p.Source.Event.Value == nil:
		p.Problem = "This materialization recorded no stored value: the asset was produced elsewhere."
		return p, nil
	case c.config.Values == nil:
		p.Problem = "This server cannot reach the store of values."
		return p, nil
	}
	preview, err := c.config.Values.Preview(c.ctx, c.here, *p.Source, previewRows)
	switch {
	case errors.Is(err, store.ErrNotFound):
		p.Problem = "The value is gone from the store of values; its record stays."
	case err != nil:
		c.config.Logger.Warn("preview failed", "asset", page.def.Name, "err", err)
		p.Problem = "The value could not be read: " + asPage(err).title + "."
		var refused *Refused
		if errors.As(err, &refused) {
			p.Problem = refused.Message
		}
	}
	p.Preview = preview
	return p, nil
}

// historyWord is what an event of an asset is called.
func historyWord(r eventRow) string {
	switch r.Type() {
	case event.TypeMaterialization:
		return "materialized"
	case event.TypeObservation:
		return "observed"
	case event.TypeStepFailed:
		return "failed"
	}
	return string(r.Type())
}
