package ui

import (
	"rivers.io/runtime/store"
	"rivers.io/ui/format"
)

// deploymentPage shows what runs here.
type deploymentPage struct {
	cat    *catalog
	schema store.Schema
	counts map[store.Status]int64
}

func (c *call) deployment() error {
	var p deploymentPage
	var err error
	if p.cat, err = c.catalog(); err != nil {
		return err
	}
	if p.schema, err = c.config.Store.Schema(c.ctx); err != nil {
		return err
	}
	if p.counts, err = c.state.CountRuns(c.ctx); err != nil {
		return err
	}
	return c.page("Deployment", deploymentView(c, p))
}

// runsOnRecord is the number of runs that the store holds.
func (p deploymentPage) runsOnRecord() int64 {
	var n int64
	for _, k := range p.counts {
		n += k
	}
	return n
}

// sentence says what serves.
func (p deploymentPage) sentence(c *call) headline {
	s := phaseStatus(c.here)
	switch {
	case c.here.BuildError != "":
		return headline{failed, "The newest build failed; the one before it serves."}
	case !c.here.Up():
		return headline{s, "Nothing serves this location now."}
	case c.here.Image != "":
		return headline{s, "Build " + format.Digest(c.here.Image) + " serves " + format.Plural(len(p.cat.defs), "asset") + "."}
	}
	return headline{s, "The location serves " + format.Plural(len(p.cat.defs), "asset") + "."}
}
