package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/ui/format"
	"rivers.io/ui/health"
)

// assetPage shows one asset.
type assetPage struct {
	cat     *catalog
	def     asset.Definition
	tab     string
	verdict health.Verdict
	busy    *store.Run
	status  status
	space   partition.Space
	parts   partSummary
	// What the open tab shows.
	recent  []store.Materialized
	history historyPage
	keys    keysPage
	near    []nearRow
	preview previewPage
}

// partSummary counts the keys of a partitioned asset by state.
type partSummary struct {
	Total, Materialized, Failed, Missing uint64
}

// nearRow is a neighbour in the lineage.
type nearRow struct {
	Name, Side, How string
	status          status
	at              time.Time
}

var assetTabs = []string{"", "events", "partitions", "lineage", "preview"}

func (c *call) asset() error {
	page := assetPage{tab: c.query("tab")}
	if !slices.Contains(assetTabs, page.tab) {
		return badRequest("An asset has no tab called " + strconv.Quote(page.tab) + ".")
	}
	var err error
	if page.cat, err = c.catalog(); err != nil {
		return err
	}
	name := c.r.PathValue("asset")
	def, ok := page.cat.get(name)
	if !ok {
		return c.unknownAsset(page.cat, name)
	}
	page.def, page.space = def, page.cat.space(name)
	act, err := c.activity(page.cat)
	if err != nil {
		return err
	}
	page.verdict, page.busy = act.verdicts[name], act.busy[name]
	page.status = assetStatus(page.verdict, page.busy)
	if page.space != nil {
		if page.parts, _, err = c.partitions(name, page.space); err != nil {
			return err
		}
	}
	if err := c.fillAssetTab(&page, act); err != nil {
		return err
	}
	return c.page(name, assetView(c, page), page.scripts()...)
}

// unknownAsset says whether the asset was ever there.
func (c *call) unknownAsset(cat *catalog, name string) error {
	if slices.Contains(cat.info.Removed, name) {
		return notFound("That asset is no longer declared", "The newest build does not declare "+format.Clip(name, 80)+" any more. Its runs are still on record.")
	}
	return notFound("No such asset", "This location declares no asset called "+format.Clip(name, 80)+".")
}

// fillAssetTab reads what the open tab shows.
func (c *call) fillAssetTab(p *assetPage, act activity) (err error) {
	switch p.tab {
	case "events":
		p.history, err = c.historyPage(p.def.Name)
	case "partitions":
		if p.space != nil {
			p.keys, err = c.keysPage(p.cat, p.def.Name, p.space)
		}
	case "lineage":
		p.near = nearRows(p.cat, act, p.def)
	case "preview":
		p.preview, err = c.previewPage(*p)
	default:
		p.recent, err = c.recentMaterializations(p.def.Name)
	}
	return err
}

// scripts are the islands of the open tab.
func (p assetPage) scripts() []string {
	switch p.tab {
	case "partitions":
		return []string{"partition-map.js"}
	case "lineage":
		return []string{"graph.js"}
	}
	return nil
}

// partitions counts and returns the states of all keys as sets.
func (c *call) partitions(name string, space partition.Space) (partSummary, store.PartitionSets, error) {
	sets, err := c.state.PartitionSets(c.ctx, name, space, c.now)
	if err != nil {
		return partSummary{}, sets, err
	}
	// A key that failed after it was materialized counts as failed.
	good := sets.Materialized.AndNot(sets.Failed)
	s := partSummary{Total: space.Count(c.now), Materialized: good.Count(), Failed: sets.Failed.Count()}
	s.Missing = s.Total - min(s.Total, s.Materialized+s.Failed)
	return s, sets, nil
}

// sentence says how the asset is doing.
func (p assetPage) sentence(now time.Time) headline {
	name, last := p.def.Name, p.verdict.Last
	switch p.status.Key {
	case "running":
		return headline{p.status, name + " is being materialized."}
	case "queued":
		return headline{p.status, name + " waits for a run to start."}
	case "failed":
		if key := p.verdict.FailedKey; key != "" {
			return headline{p.status, fmt.Sprintf("%s failed for %s, %s.", name, key, format.Ago(p.verdict.FailedAt, now))}
		}
		return headline{p.status, fmt.Sprintf("%s failed %s.", name, format.Ago(p.verdict.FailedAt, now))}
	case "stale":
		return headline{p.status, name + " is stale: " + causeText(p.verdict.Causes) + "."}
	case "missing":
		return headline{p.status, name + " was never materialized."}
	}
	if p.space != nil && p.parts.Missing > 0 {
		return headline{p.status, fmt.Sprintf("%s is up to date for %s of %s.", name, format.Count(p.parts.Materialized), format.Plural(p.parts.Total, "partition"))}
	}
	return headline{p.status, fmt.Sprintf("%s is up to date, materialized %s.", name, format.Ago(last.Time, now))}
}

// tabs of the page.
func (p assetPage) tabs(c *call) []tab {
	at := func(id, title, count string) tab {
		return tab{Title: title, Path: c.assetPath(p.def.Name, "tab", id), Count: count, Open: p.tab == id}
	}
	out := []tab{at("", "Overview", ""), at("events", "Events", "")}
	if p.space != nil {
		out = append(out, at("partitions", "Partitions", format.Count(p.parts.Total)))
	}
	return append(out, at("lineage", "Lineage", format.Count(len(p.cat.ups(p.def.Name))+len(p.cat.down[p.def.Name]))), at("preview", "Preview", ""))
}

// recentLength is how many materializations the overview looks back on.
const recentLength = 30

// recentMaterializations reads the newest materializations, newest first.
func (c *call) recentMaterializations(name string) ([]store.Materialized, error) {
	events, _, err := c.state.AssetHistory(c.ctx, name, store.HistoryFilter{Types: []event.Type{event.TypeMaterialization}}, store.Page{Size: recentLength})
	if err != nil {
		return nil, err
	}
	out := make([]store.Materialized, 0, len(events))
	for _, e := range events {
		if m, ok := e.Payload.(*event.Materialization); ok {
			out = append(out, store.Materialized{Asset: name, Key: e.Attempt.Key, Run: e.Stream, Attempt: e.Attempt, Seq: e.Seq, Time: e.Time, Event: *m})
		}
	}
	return out, nil
}

// series is a figure over the last materializations, drawn as a line.
type series struct {
	Key, Points, X, Y, Now, Words string
}

// series draws each numeric metadata entry of the newest materialization.
func (p assetPage) series() []series {
	if len(p.recent) < 3 {
		return nil
	}
	var out []series
	for _, m := range readAll(p.recent[0].Event.Metadata) {
		if !m.IsNum || m.Tag == "timestamp" {
			continue
		}
		var values []float64
		for _, r := range slices.Backward(p.recent) {
			if v := readMetadata(m.Key, r.Event.Metadata[m.Key]); v.IsNum {
				values = append(values, v.Number)
			}
		}
		if len(values) >= 3 {
			out = append(out, line(m, values))
		}
	}
	return out[:min(len(out), 4)]
}

// line draws values on 120 by 20 units.
func line(m metadata, values []float64) series {
	low, high := slices.Min(values), slices.Max(values)
	var b strings.Builder
	var x, y float64
	for i, v := range values {
		x = 2 + 114*float64(i)/float64(len(values)-1)
		y = 10.0
		if high > low {
			y = 18 - 16*(v-low)/(high-low)
		}
		fmt.Fprintf(&b, "%.1f,%.1f ", x, y)
	}
	return series{
		Key: m.Key, Points: b.String(), X: fmt.Sprintf("%.1f", x), Y: fmt.Sprintf("%.1f", y), Now: m.Text,
		Words: fmt.Sprintf("%s over the last %s: from %g to %g, now %s", m.Key, format.Plural(len(values), "materialization"), low, high, m.Text),
	}
}

// nearRows lists the neighbours with what connects them.
func nearRows(cat *catalog, act activity, def asset.Definition) []nearRow {
	var out []nearRow
	add := func(name, side string, in asset.Input) {
		v := act.verdicts[name]
		row := nearRow{Name: name, Side: side, How: inputWords(in), status: assetStatus(v, act.busy[name])}
		if v.Last != nil {
			row.at = v.Last.Time
		}
		out = append(out, row)
	}
	for _, in := range def.Inputs {
		add(in.Asset, "reads", in)
	}
	for _, name := range cat.down[def.Name] {
		d, _ := cat.get(name)
		for _, in := range d.Inputs {
			if in.Asset == def.Name {
				add(name, "is read by", in)
			}
		}
	}
	return out
}

// inputWords says what an edge hands over.
func inputWords(in asset.Input) string {
	words := "its value"
	switch {
	case in.Kind == asset.Lineage:
		words = "order only"
	case in.Mapping.Kind == partition.All:
		words = "all partitions"
	case in.Mapping.Kind == partition.Identity:
		words = "the same partition"
	case in.Mapping.Kind == partition.Offset:
		words = fmt.Sprintf("the partition %+d away", in.Mapping.Offset)
	}
	if in.Complete {
		words += ", complete"
	}
	if in.Optional {
		words += ", optional"
	}
	return words
}

// retryWords says how failures are retried.
func retryWords(r *asset.RetryPolicy) string {
	if r == nil || r.MaxRetries == 0 {
		return "none"
	}
	text := format.Plural(r.MaxRetries, "retry|retries")
	if r.Backoff.Kind != "" {
		text += ", " + string(r.Backoff.Kind) + " backoff"
	}
	if r.Backoff.Base > 0 {
		text += " from " + format.Duration(r.Backoff.Base)
	}
	if len(r.On) > 0 {
		text += ", on " + format.List(r.On, 5)
	}
	return text
}

// spaceWords describes a key space.
func spaceWords(d *partition.Definition) string {
	switch {
	case d == nil:
		return "none"
	case d.Kind == partition.Static:
		return "static"
	}
	text := string(d.Kind) + " from " + d.Start
	if d.End != "" {
		text += " to " + d.End
	}
	if d.Timezone != "" {
		text += ", " + d.Timezone
	}
	return text
}
