package ui

import (
	"errors"
	"net/http"

	"rivers.io/ui/format"
)

// maxBulk bounds the runs of one bulk action: a page of the list.
const maxBulk = 1000

// bulkRuns cancels or deletes the chosen runs one by one. Those that were refused
// stay chosen, each with its reason (S-153).
func (c *call) bulkRuns() error {
	if err := c.readForm(c.w, c.r); err != nil {
		return err
	}
	ids := c.r.PostForm["run"]
	do := c.r.PostForm.Get("do")
	switch {
	case do != "cancel" && do != "delete":
		return badRequest("There is no such action on runs.")
	case len(ids) == 0:
		return badRequest("No run was chosen.")
	case len(ids) > maxBulk:
		return badRequest("At most " + format.Count(maxBulk) + " runs can be chosen at once.")
	}
	if why := c.blocked(); why != "" {
		return &pageError{status: http.StatusConflict, title: "Actions are disabled", text: why}
	}
	refused := map[string]string{}
	done := 0
	for _, id := range ids {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		why := c.bulkOne(do, id)
		if why != "" {
			refused[id] = why
			continue
		}
		done++
	}
	page, err := c.runsPage()
	if err != nil {
		return err
	}
	page.selected, page.done, page.problems = refused, doneWords(do, done), refusedWords(do, len(refused))
	return c.page("Runs", runsView(c, page))
}

// bulkOne acts on one run and returns why it was refused.
func (c *call) bulkOne(do, id string) string {
	run, err := c.findRun(id)
	if err != nil {
		return asPage(err).title
	}
	if do == "delete" {
		err = c.config.Actions.Delete(c.ctx, c.here, run.ID)
	} else {
		var ok bool
		if ok, err = c.config.Actions.Cancel(c.ctx, c.here, run.ID); err == nil && !ok {
			return "it had already ended"
		}
	}
	c.audit(do, id, err)
	if err == nil {
		return ""
	}
	var refused *Refused
	if errors.As(err, &refused) {
		return refused.Message
	}
	return asPage(err).title
}

func doneWords(do string, n int) string {
	if n == 0 {
		return ""
	}
	if do == "delete" {
		return format.Plural(n, "run") + " deleted."
	}
	return "Cancel asked for " + format.Plural(n, "run") + "."
}

func refusedWords(do string, n int) []string {
	if n == 0 {
		return nil
	}
	return []string{format.Plural(n, "run") + " could not be " + map[string]string{"delete": "deleted", "cancel": "canceled"}[do] + " and " + are(n) + " still selected, each with its reason."}
}
