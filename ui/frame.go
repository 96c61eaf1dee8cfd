package ui

import (
	"net/url"

	"rivers.io/runtime/store"
	"rivers.io/ui/format"
)

// frame is what surrounds every page.
type frame struct {
	*call
	Title     string
	Scripts   []string
	All       []Location
	Active    int64
	Queued    int64
	FormToken string
}

// frame gathers what surrounds the page.
func (c *call) frame(title string, scripts []string) (frame, error) {
	f := c.plainFrame(title)
	f.Scripts = scripts
	if c.here.ID == "" {
		return f, nil
	}
	counts, err := c.state.CountRuns(c.ctx)
	if err != nil {
		return f, err
	}
	f.Active = counts[store.NotStarted] + counts[store.Started]
	f.Queued = counts[store.Queued]
	return f, nil
}

// plainFrame needs nothing that can fail.
func (c *call) plainFrame(title string) frame {
	return frame{call: c, Title: title, All: c.config.Locations.List(), FormToken: c.tokens.issue()}
}

// section is an entry of the rail. Those of features that do not exist yet are
// not shown; the order leaves their place.
type section struct {
	ID, Title, Icon, Path, Key string
	Badge                      int64
	BadgeTitle                 string
}

func (f frame) sections() []section {
	return []section{
		{ID: "overview", Title: "Overview", Icon: "overview", Path: "", Key: "g o"},
		{ID: "assets", Title: "Assets", Icon: "assets", Path: "/assets", Key: "g a"},
		{ID: "runs", Title: "Runs", Icon: "runs", Path: "/runs", Key: "g r", Badge: f.Active + f.Queued, BadgeTitle: f.activeWords()},
		{ID: "graph", Title: "Lineage", Icon: "graph", Path: "/graph", Key: "g l"},
		{ID: "deployment", Title: "Deployment", Icon: "deployment", Path: "/deployment", Key: "g d"},
	}
}

func (f frame) activeWords() string {
	words := format.Count(f.Active) + " in progress"
	if f.Queued > 0 {
		words += ", " + format.Count(f.Queued) + " queued"
	}
	return words
}

// switchPath keeps the section when the location is switched, not the item.
func (f frame) switchPath(l Location) string {
	for _, s := range f.sections() {
		if s.ID == f.section {
			return l.Path() + s.Path
		}
	}
	return l.Path()
}

// railWidth is what the person last chose.
func (f frame) railWidth() string {
	if cookie, err := f.r.Cookie("rivers_rail"); err == nil && cookie.Value == "narrow" {
		return "narrow"
	}
	return "wide"
}

// blocked says why actions are disabled; empty means they are not.
func (c *call) blocked() string {
	switch {
	case c.config.Actions == nil:
		return "This server only reads."
	case c.here.Up():
		return ""
	case c.here.Message != "":
		return "The location is down: " + c.here.Message
	}
	return "The location is down (" + string(c.here.Phase) + "). What is stored can still be read."
}

// queryString makes a query of pairs of names and values; empty values are
// left out.
func queryString(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}
