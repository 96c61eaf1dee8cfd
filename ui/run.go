package ui

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rivers.io/runtime/store"
	"rivers.io/ui/format"
)

// runPage shows one run.
type runPage struct {
	run   store.Run
	tab   string
	steps []stepState
	shown []stepState
	tally map[string]int
	only  string
	pages pages
	exec  execution
	// events and logs are filled for their tabs.
	events  []eventRow
	evPages pages
	logs    logPage
	graph   runGraph
}

// execution says where a run is carried out.
type execution struct {
	executor, image string
	takeovers       int
}

// stepsPerPage bounds the rows of the table of steps.
const stepsPerPage = 100

func (c *call) run() error {
	page, err := c.runPage(c.r.PathValue("run"))
	if err != nil {
		return err
	}
	return c.showRun(page)
}

func (c *call) showRun(page runPage) error {
	title := "Run " + format.Short(page.run.ID)
	scripts := []string{"gantt.js"}
	switch page.tab {
	case "":
	case "graph":
		scripts = []string{"graph.js"}
	default:
		scripts = nil
	}
	return c.page(title, runView(c, page), scripts...)
}

// runPage gathers what the open tab shows.
func (c *call) runPage(id string) (runPage, error) {
	page := runPage{tab: c.query("tab"), only: c.query("only")}
	if !slices.Contains([]string{"", "graph", "events", "logs"}, page.tab) {
		return page, badRequest("A run has no tab called " + strconv.Quote(page.tab) + ".")
	}
	var err error
	if page.run, err = c.findRun(id); err != nil {
		return page, err
	}
	steps, f, err := c.foldRun(page.run.ID)
	if err != nil {
		return page, err
	}
	page.steps, page.exec = steps, execution{f.executor, f.image, f.takeovers}
	page.tally = map[string]int{}
	for _, s := range steps {
		page.tally[s.Key]++
	}
	byUrgency(page.steps)
	switch page.tab {
	case "graph":
		err = c.fillGraph(&page)
	case "events":
		err = c.fillEvents(&page)
	case "logs":
		page.logs, err = c.logPage(page.run)
	default:
		page.fillSteps(c)
	}
	return page, err
}

// findRun reads a run of this location; one of another location is named (S-53).
func (c *call) findRun(id string) (store.Run, error) {
	r, err := c.state.Run(c.ctx, id)
	if err == nil || asPage(err).status != http.StatusNotFound {
		return r, err
	}
	if owner, oerr := c.config.Store.LocationOf(c.ctx, id); oerr == nil && owner != c.here.ID {
		for _, l := range c.config.Locations.List() {
			if l.ID == owner {
				return r, notFound("That run belongs to another location", "It is a run of "+l.Namespace+"/"+l.Name+": "+l.Path()+"/runs/"+escape(id))
			}
		}
	}
	return r, notFound("No such run", "There is no run "+format.Clip(id, 60)+" here. It may have been deleted.")
}

// fillSteps chooses the steps of the page.
func (p *runPage) fillSteps(c *call) {
	for _, s := range p.steps {
		if p.only == "" || p.only == s.Key {
			p.shown = append(p.shown, s)
		}
	}
	n, _ := strconv.Atoi(c.query("steps"))
	total := len(p.shown)
	from := min(max(n, 0)*stepsPerPage, total)
	to := min(from+stepsPerPage, total)
	p.shown = p.shown[from:to]
	p.pages.Words = rangeWords(uint64(min(from+1, to)), uint64(to), uint64(total))
	if from > 0 {
		p.pages.Prev = c.pathWith("steps", strconv.Itoa(n-1))
	}
	if to < total {
		p.pages.Next = c.pathWith("steps", strconv.Itoa(n+1))
	}
}

// sentence says how the run is doing.
func (p runPage) sentence(now time.Time) headline {
	r := p.run
	s := runStatus(r, now)
	took := format.Duration(took(r, now))
	total := max(r.Counts.Total, r.Created.Steps)
	switch r.Status {
	case store.Queued:
		if r.BlockReason != "" {
			return headline{s, "Waiting " + format.Ago(r.CreatedAt, now) + ": " + r.BlockReason + "."}
		}
		return headline{s, "Waiting in the queue."}
	case store.NotStarted:
		return headline{s, "Waiting for an executor."}
	case store.Succeeded:
		return headline{s, fmt.Sprintf("Succeeded in %s: %s.", took, format.Plural(total, "step"))}
	case store.Canceled:
		return headline{s, fmt.Sprintf("Canceled after %s: %s of %s had succeeded.", took, format.Count(r.Counts.Succeeded), format.Plural(total, "step"))}
	case store.Failed:
		return headline{s, p.failure(took)}
	}
	text := fmt.Sprintf("%s: %s of %s done", capital(s.Word), format.Count(ended(r)), format.Plural(total, "step"))
	if n := p.tally["running"]; n > 0 {
		text += ", " + format.Count(n) + " at work"
	}
	if r.Counts.Failed > 0 {
		text += ", " + format.Count(r.Counts.Failed) + " failed"
	}
	return headline{s, text + "."}
}

// failure says what failed first, and what it cost.
func (p runPage) failure(took string) string {
	var failed []string
	for _, s := range p.steps {
		if s.Key == "failed" {
			failed = append(failed, s.ID.String())
		}
	}
	if len(failed) == 0 {
		return fmt.Sprintf("Failed after %s: %s.", took, cmp.Or(strings.TrimSuffix(p.run.Cause, "."), "no cause is recorded"))
	}
	text := fmt.Sprintf("Failed after %s: %s failed", took, format.List(failed, 2))
	if n := p.run.Counts.Skipped; n > 0 {
		text += ", " + format.Plural(n, "step") + " " + were(n) + " skipped"
	}
	return text + "."
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// tabs of the page.
func (p runPage) tabs(c *call) []tab {
	return []tab{
		{Title: "Timeline", Path: c.runPath(p.run.ID), Count: format.Count(max(p.run.Counts.Total, p.run.Created.Steps)), Open: p.tab == ""},
		{Title: "Graph", Path: c.runPath(p.run.ID, "tab", "graph"), Count: format.Count(len(p.run.Created.Assets)), Open: p.tab == "graph"},
		{Title: "Events", Path: c.runPath(p.run.ID, "tab", "events"), Count: format.Count(p.run.Seq), Open: p.tab == "events"},
		{Title: "Logs", Path: c.runPath(p.run.ID, "tab", "logs"), Open: p.tab == "logs"},
	}
}

// actOnRun carries out a button of the run page.
func (c *call) actOnRun() error {
	if err := c.readForm(c.w, c.r); err != nil {
		return err
	}
	run, err := c.findRun(c.r.PathValue("run"))
	if err != nil {
		return err
	}
	if why := c.blocked(); why != "" {
		return &pageError{status: http.StatusConflict, title: "Actions are disabled", text: why}
	}
	a := c.config.Actions
	switch do := c.r.PostForm.Get("do"); do {
	case "cancel":
		ok, err := a.Cancel(c.ctx, c.here, run.ID)
		if err != nil {
			return err
		}
		c.audit("cancel", run.ID, nil)
		if !ok {
			return &pageError{status: http.StatusConflict, title: "The run had already ended", text: "There was nothing left to cancel."}
		}
	case "rerun", "retry":
		id, err := a.Rerun(c.ctx, c.here, run.ID, do == "retry", requestID(c.r))
		if err != nil {
			return err
		}
		c.audit(do, run.ID, nil)
		return c.redirect(c.runPath(id))
	case "delete":
		if err := a.Delete(c.ctx, c.here, run.ID); err != nil {
			return err
		}
		c.audit("delete", run.ID, nil)
		return c.redirect(c.path("/runs"))
	default:
		return badRequest("There is no such action on a run.")
	}
	return c.redirect(c.runPath(run.ID))
}

// audit logs what somebody did.
func (c *call) audit(action, run string, err error) {
	c.config.Logger.Info("action", "action", action, "run", run, "location", c.here.id(), "err", err)
}

// requestID is the id of a form, so that sending it twice does one thing; a
// form without one gets a fresh id.
func requestID(r *http.Request) string {
	if id := r.PostForm.Get("request_id"); len(id) == 36 {
		return id
	}
	return newRequestID()
}

// newRequestID makes a random UUID.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its contract
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
