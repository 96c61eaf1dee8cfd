package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/ui/format"
)

// launchPage is the materialize form, as a page and as a sheet over another.
type launchPage struct {
	Selection, Partitions, Tags, Config string
	RequestID                           string
	// targets are the selected assets; problem says why they cannot be told.
	targets []string
	problem string
	// picks is the partitioned target whose keys the picker shows.
	picks   string
	fields  []configField
	answer  *Launched
	refused *Refused
	failed  string
}

// configField is a field that a launch may override.
type configField struct {
	Asset string
	asset.ConfigField
}

// materialize shows the form. The address may name assets (asset=a&asset=b), a
// selection, partitions, or fill=missing for the keys of that state.
func (c *call) materialize() error {
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	q := c.r.URL.Query()
	page := launchPage{Selection: q.Get("selection"), Partitions: q.Get("partitions"), RequestID: newRequestID()}
	if names := q["asset"]; len(names) > 0 && page.Selection == "" {
		page.Selection = strings.Join(names, " ")
	}
	page.resolve(cat)
	if fill := q.Get("fill"); fill != "" && page.picks != "" {
		space := cat.space(page.picks)
		set, err := c.choose(page.picks, space, fill)
		if err != nil {
			return err
		}
		page.Partitions = partition.FormatSelection(set, space, c.now)
	}
	return c.page("Materialize", launchView(c, page))
}

// resolve finds the targets of the selection.
func (p *launchPage) resolve(cat *catalog) {
	graph, err := cat.graph()
	if err != nil {
		p.problem = "The definitions could not be read: " + err.Error()
		return
	}
	chosen, err := graph.Select(p.Selection)
	if err != nil {
		p.problem = err.Error()
		return
	}
	p.targets = graph.Names(chosen)
	for _, name := range p.targets {
		d, _ := cat.get(name)
		if d.Partitions != nil && p.picks == "" {
			p.picks = name
		}
		for _, f := range d.Config {
			p.fields = append(p.fields, configField{name, f})
		}
	}
}

// launch answers the form: do=preview says what would start, do=launch starts it.
func (c *call) launch() error {
	if err := c.readForm(c.w, c.r); err != nil {
		return err
	}
	if why := c.blocked(); why != "" {
		return &pageError{status: http.StatusConflict, title: "Actions are disabled", text: why}
	}
	f := c.r.PostForm
	page := launchPage{
		Selection: strings.TrimSpace(f.Get("selection")), Partitions: strings.TrimSpace(f.Get("partitions")),
		Tags: f.Get("tags"), Config: strings.TrimSpace(f.Get("config")), RequestID: requestID(c.r),
	}
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	page.resolve(cat)
	order, err := page.order()
	order.ValidateOnly = f.Get("do") != "launch"
	if err == nil {
		var answer Launched
		if answer, err = c.config.Actions.Launch(c.ctx, c.here, order); err == nil {
			if answer.Run != "" {
				c.audit("materialize", answer.Run, nil)
				return c.redirect(c.runPath(answer.Run))
			}
			page.answer = &answer
		}
	}
	if err != nil && !page.explain(err) {
		return err
	}
	status := http.StatusOK
	if err != nil && !order.ValidateOnly { // a preview that says no is an answer
		status = http.StatusUnprocessableEntity
	}
	return c.answer(status, "Materialize", launchView(c, page), nil)
}

// explain keeps an error in the form when the person can do something about it.
func (p *launchPage) explain(err error) bool {
	switch {
	case errors.As(err, &p.refused):
		return true
	case errors.Is(err, ErrUnreachable):
		p.failed = "The location does not answer. Nothing was started; try again."
		return true
	}
	return false
}

// order reads the form; what cannot be read is refused with its field.
func (p *launchPage) order() (Launch, error) {
	l := Launch{Selection: p.Selection, Partitions: p.Partitions, RequestID: p.RequestID}
	tags, err := readTags(p.Tags)
	if err != nil {
		return l, err
	}
	l.Tags = tags
	if p.Config != "" {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(p.Config), &object); err != nil {
			return l, &Refused{Reason: "BAD_CONFIG", Field: "config", Message: "The config is no JSON object: " + err.Error()}
		}
		l.Config = json.RawMessage(p.Config)
	}
	return l, nil
}

// readTags reads one key=value a line.
func readTags(text string) (map[string]string, error) {
	tags := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		if key == "" {
			return nil, &Refused{Reason: "BAD_TAG", Field: "tags", Message: fmt.Sprintf("The tag %q has no key; write key=value.", line)}
		}
		tags[key] = strings.TrimSpace(value)
	}
	return tags, nil
}

// sentence says what would start, or why nothing would.
func (p launchPage) sentence() (text string, bad bool) {
	switch {
	case p.failed != "":
		return p.failed, true
	case p.refused != nil:
		text = p.refused.Message
		if len(p.refused.Known) > 0 {
			text += " Known: " + format.List(p.refused.Known, 8) + "."
		}
		return text, true
	case p.problem != "":
		return p.problem, true
	case p.answer == nil:
		return "", false
	case p.answer.Sentence != "":
		return p.answer.Sentence, false
	}
	return launchWords(*p.answer), false
}

// launchWords says in one sentence what a launch starts (S-76).
func launchWords(l Launched) string {
	text := format.Plural(len(l.Assets), "asset")
	if l.Partitions > 0 {
		text += " × " + format.Plural(l.Partitions, "partition")
	}
	return text + " → 1 run of " + format.Plural(l.Steps, "step") + "."
}

// wrong reports whether the form's field was refused.
func (p launchPage) wrong(field string) bool {
	return p.refused != nil && p.refused.Field == field || field == "selection" && p.problem != ""
}

func (p launchPage) words() string {
	text, _ := p.sentence()
	return text
}

func (p launchPage) bad() bool {
	_, bad := p.sentence()
	return bad
}

// configExample shows the shape of a config by the first field there is.
func configExample(fields []configField) string {
	if len(fields) == 0 {
		return `{"asset": {"field": 1}}`
	}
	f := fields[0]
	value := "null"
	if len(f.Default) > 0 && !f.Secret {
		value = string(f.Default)
	}
	return fmt.Sprintf("{%q: {%q: %s}}", f.Asset, f.Name, value)
}
