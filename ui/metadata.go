package ui

import (
	"bytes"
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/ui/format"
)

// metadata is one tagged value, ready to be shown (D-58).
type metadata struct {
	Key string
	// Tag is the value's kind; an unknown one is shown as JSON.
	Tag string
	// Text is the value as one text, Code language or dialect of it.
	Text, Lang string
	// Number is set for figures, and for charts of them.
	Number float64
	IsNum  bool
	// Table is set for values that are rows.
	Table *Preview
}

// readMetadata reads a tagged JSON object: {"type": tag, "value": …, …}. What
// has no tag or an unknown one keeps its JSON.
func readMetadata(key string, raw json.RawMessage) metadata {
	m := metadata{Key: key, Tag: "json", Text: indent(raw)}
	var tagged struct {
		Type     string          `json:"type"`
		Value    json.RawMessage `json:"value"`
		Language string          `json:"language"`
		Dialect  string          `json:"dialect"`
		Start    string          `json:"start"`
		End      string          `json:"end"`
	}
	if json.Unmarshal(raw, &tagged) != nil || tagged.Type == "" {
		return m
	}
	m.Lang = tagged.Language + tagged.Dialect
	switch tagged.Type {
	case "table", "schema", "list":
		m.table(raw)
	case "date_range", "daterange":
		m.Tag, m.Text = "date range", tagged.Start+" … "+tagged.End
	default:
		m.read(tagged.Type, tagged.Value)
	}
	return m
}

// read fills the value by its tag.
func (m *metadata) read(tag string, raw json.RawMessage) {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	var n float64
	isNum := json.Unmarshal(raw, &n) == nil
	switch {
	case slices.Contains([]string{"text", "path", "markdown", "sql", "code", "image", "data_version"}, tag) && isText:
		m.Tag, m.Text = tag, text
	case tag == "url" && isText:
		m.Tag, m.Text = tag, text
	case tag == "int" && isNum:
		m.Tag, m.Text, m.Number, m.IsNum = tag, format.Count(int64(n)), n, true
	case (tag == "float" || tag == "number") && isNum:
		m.Tag, m.Text, m.Number, m.IsNum = tag, strconv.FormatFloat(n, 'g', 6, 64), n, true
	case tag == "percentage" && isNum:
		m.Tag, m.Text, m.Number, m.IsNum = tag, strconv.FormatFloat(n, 'f', -1, 64)+"\u202f%", n, true
	case tag == "bytes" && isNum:
		m.Tag, m.Text, m.Number, m.IsNum = tag, format.Bytes(int64(n)), n, true
	case tag == "duration" && isNum:
		m.Tag, m.Text, m.Number, m.IsNum = tag, format.Duration(time.Duration(n*float64(time.Second))), n, true
	case tag == "timestamp" && isNum && !math.IsInf(n, 0):
		m.Tag, m.Text = tag, format.Instant(time.Unix(0, int64(n*1e9)))
	case tag == "bool" || tag == "null":
		m.Tag, m.Text = tag, string(raw)
	case tag == "json":
		m.Tag, m.Text = tag, indent(unquoteJSON(raw, text, isText))
	}
}

// unquoteJSON gives the JSON that a text holds, if it holds some.
func unquoteJSON(raw json.RawMessage, text string, isText bool) json.RawMessage {
	if isText && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return raw
}

func indent(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// oneLine shows the value in the width of a cell.
func (m metadata) oneLine() string {
	if m.Table != nil {
		return format.Plural(len(m.Table.Rows), "row")
	}
	var b bytes.Buffer
	if m.Tag == "json" && json.Compact(&b, []byte(m.Text)) == nil {
		return format.Line(b.String(), 120)
	}
	return format.Line(m.Text, 120)
}

// short values stand in a table of facts; the others have a block of their own.
func (m metadata) short() bool {
	return m.Table == nil && !slices.Contains([]string{"markdown", "code", "sql", "image"}, m.Tag) && !strings.Contains(m.Text, "\n") && len(m.Text) <= 200
}

// safeLink reports whether a URL may be followed from a page.
func safeLink(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// safeImage reports whether an image can be shown in an <img> under the page's
// policy: data, not addresses. A drawing in SVG neither runs script nor loads
// anything there.
func safeImage(raw string) bool {
	for _, kind := range []string{"png", "jpeg", "gif", "webp", "svg+xml"} {
		if strings.HasPrefix(raw, "data:image/"+kind+";base64,") {
			return true
		}
	}
	return false
}

// readAll reads all metadata of a materialization, in order of the keys.
func readAll(all event.Metadata) []metadata {
	out := make([]metadata, 0, len(all))
	for key, raw := range all {
		out = append(out, readMetadata(key, raw))
	}
	slices.SortFunc(out, func(a, b metadata) int { return strings.Compare(a.Key, b.Key) })
	return out
}
