package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"rivers.io/ui/uitest"
)

// check reports what no page may have: script or style that the policy forbids,
// foreign addresses, and what keeps people from using it.
func check(t *testing.T, path, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	c := checker{t: t, path: path, ids: map[string]bool{}, labels: map[string]bool{}}
	walk(root, c.note)
	walk(root, c.node)
	if c.mains != 1 || c.firsts != 1 {
		t.Errorf("%s has %d main regions and %d first headings", path, c.mains, c.firsts)
	}
}

type checker struct {
	t             *testing.T
	path          string
	ids, labels   map[string]bool
	mains, firsts int
	level         int
}

func walk(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, visit)
	}
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// note gathers ids and labels.
func (c *checker) note(n *html.Node) {
	if id, ok := attribute(n, "id"); ok {
		if c.ids[id] {
			c.t.Errorf("%s: two elements have the id %q", c.path, id)
		}
		c.ids[id] = true
	}
	if n.Data == "label" {
		if id, ok := attribute(n, "for"); ok {
			c.labels[id] = true
		}
	}
}

func (c *checker) node(n *html.Node) {
	for _, a := range n.Attr {
		switch {
		case a.Key == "style":
			c.t.Errorf("%s: <%s> has inline style", c.path, n.Data)
		case strings.HasPrefix(a.Key, "on"):
			c.t.Errorf("%s: <%s> has the handler %s", c.path, n.Data, a.Key)
		case (a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "data:image/"):
			c.t.Errorf("%s: <%s> loads from %q", c.path, n.Data, a.Val)
		case a.Key == "href" && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:"):
			c.t.Errorf("%s: a link runs script: %q", c.path, a.Val)
		case strings.HasPrefix(a.Key, "aria-labelledby") || a.Key == "aria-describedby":
			for id := range strings.FieldsSeq(a.Val) {
				if !c.ids[id] {
					c.t.Errorf("%s: %s names %q, which is not there", c.path, a.Key, id)
				}
			}
		}
	}
	c.element(n)
}

func (c *checker) element(n *html.Node) {
	switch n.Data {
	case "style":
		c.t.Errorf("%s has inline style", c.path)
	case "script":
		if src, _ := attribute(n, "src"); !strings.HasPrefix(src, "/static/") || n.FirstChild != nil {
			c.t.Errorf("%s has inline script", c.path)
		}
	case "main":
		c.mains++
	case "h1", "h2", "h3":
		level := int(n.Data[1] - '0')
		if level == 1 {
			c.firsts++
		}
		if level > c.level+1 {
			c.t.Errorf("%s: <%s> follows a heading of level %d", c.path, n.Data, c.level)
		}
		c.level = level
	case "input", "select", "textarea":
		c.field(n)
	case "img":
		if _, ok := attribute(n, "alt"); !ok {
			c.t.Errorf("%s: an image has no text", c.path)
		}
	case "table":
		if n.FirstChild == nil || n.FirstChild.Data != "caption" {
			c.t.Errorf("%s: a table has no caption", c.path)
		}
	case "th":
		if _, ok := attribute(n, "scope"); !ok {
			c.t.Errorf("%s: a heading of a table has no scope", c.path)
		}
	}
}

// field must have a name that people can read.
func (c *checker) field(n *html.Node) {
	if kind, _ := attribute(n, "type"); kind == "hidden" {
		return
	}
	if _, ok := attribute(n, "aria-label"); ok {
		return
	}
	if id, _ := attribute(n, "id"); c.labels[id] {
		return
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "label" {
			return
		}
	}
	name, _ := attribute(n, "name")
	c.t.Errorf("%s: the field %q has no label", c.path, name)
}

func TestStructureOfEveryPage(t *testing.T) {
	s := newSite(t, uitest.Options{})
	for path := range pages(t, s) {
		check(t, path, get(t, s.Server, path).Body.String())
	}
	check(t, "an error page", get(t, s.Server, "/nowhere").Body.String())
	check(t, "a location that is down", get(t, s.Server, "/locations/local/weather").Body.String())
}

// TestHostileNames shows names that are markup and names that turn the direction
// of text, on every page that shows assets (S-158).
func TestHostileNames(t *testing.T) {
	s := newSite(t, uitest.Options{Hostile: true})
	hostile := "/assets/%3Cscript%3Ealert%281%29%3C%2Fscript%3E"
	for _, path := range []string{
		home, home + "/assets", home + "/graph", home + "/search?q=script", home + "/assets/airports?tab=lineage",
		home + hostile, home + hostile + "?tab=lineage", home + hostile + "?tab=events", home + hostile + "?tab=preview",
		home + "/materialize?asset=%3Cscript%3Ealert%281%29%3C%2Fscript%3E", home + "/assets?q=%22%3E%3Cscript%3E", home + "/search?q=%3Cimg%20src%3Dx%3E",
		home + "/runs?tag=%22%3E%3Cscript%3E", home + "/assets/%22%3E%3Cb%3E",
	} {
		w := get(t, s.Server, path)
		if w.Code != http.StatusOK && w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
		body := w.Body.String()
		check(t, path, body)
		for _, markup := range []string{"<script>alert", "<img src=x", "<b>kind", "onmouseover='"} {
			if strings.Contains(body, markup) {
				t.Errorf("%s holds %q as markup", path, markup)
			}
		}
		turned(t, path, body)
	}
}

// turned reports text that turns direction outside of an element that isolates
// it.
func turned(t *testing.T, path, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var visit func(n *html.Node, isolated bool)
	visit = func(n *html.Node, isolated bool) {
		if n.Type == html.TextNode && !isolated && strings.Contains(n.Data, "\u202e") {
			t.Errorf("%s: %q is not isolated in <%s>", path, n.Data, n.Parent.Data)
		}
		isolated = isolated || n.Data == "bdi" || n.Data == "option" || n.Data == "textarea" || n.Data == "title"
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c, isolated)
		}
	}
	visit(root, false)
}
