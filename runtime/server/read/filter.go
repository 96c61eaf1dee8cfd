package read

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// ParseRunFilter reads a filter of runs: comparisons joined by AND, where
// comparisons of status may be joined by OR, in parentheses or not. The language
// is the subset of AIP-160 that ListRunsRequest documents. An error names the
// position and what is known.
func ParseRunFilter(text string) (store.RunFilter, error) {
	p := filterParser{}
	var err error
	if p.tokens, err = filterTokens(text); err == nil {
		err = p.conjunction()
	}
	if err != nil {
		return store.RunFilter{}, fault.Invalid("filter", "INVALID_FILTER", "filter: "+err.Error())
	}
	return p.out, nil
}

// filterToken is a word, a quoted text, an operator or a parenthesis.
type filterToken struct {
	text   string
	quoted bool
	at     int
}

func (t filterToken) is(text string) bool { return !t.quoted && t.text == text }

// filterTokens cuts a filter into tokens.
func filterTokens(text string) ([]filterToken, error) {
	var out []filterToken
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n':
			i++
		case c == '"' || c == '\'':
			value, size, err := quotedText(text[i:])
			if err != nil {
				return nil, fmt.Errorf("at %d: %w", i+1, err)
			}
			out = append(out, filterToken{text: value, quoted: true, at: i + 1})
			i += size
		case strings.IndexByte("<>!", c) >= 0 && i+1 < len(text) && text[i+1] == '=':
			out = append(out, filterToken{text: text[i : i+2], at: i + 1})
			i += 2
		case strings.IndexByte("()=<>:!", c) >= 0:
			out = append(out, filterToken{text: text[i : i+1], at: i + 1})
			i++
		default:
			end := i + strings.IndexAny(text[i:]+" ", " \t\n\"'()=<>:!")
			out = append(out, filterToken{text: text[i:end], at: i + 1})
			i = end
		}
	}
	return out, nil
}

// quotedText reads a text in quotes, in which a backslash keeps the next byte.
func quotedText(text string) (value string, size int, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == text[0]:
			return b.String(), i + 1, nil
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, fmt.Errorf("the quote is never closed")
}

// filterParser fills a filter from tokens.
type filterParser struct {
	tokens []filterToken
	out    store.RunFilter
	seen   []string
}

func (p *filterParser) next() filterToken {
	if len(p.tokens) == 0 {
		return filterToken{}
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *filterParser) accept(text string) bool {
	if len(p.tokens) == 0 || !p.tokens[0].is(text) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *filterParser) conjunction() error {
	for len(p.tokens) > 0 {
		if err := p.group(); err != nil {
			return err
		}
		if len(p.tokens) == 0 {
			return nil
		}
		if t := p.next(); !t.is("AND") {
			return fmt.Errorf("at %d: %q where AND is expected", t.at, t.text)
		}
		if len(p.tokens) == 0 {
			return fmt.Errorf("nothing follows AND")
		}
	}
	return nil
}

// group reads one comparison, or several of status joined by OR.
func (p *filterParser) group() error {
	open := p.accept("(")
	field, err := p.comparison()
	if err != nil {
		return err
	}
	for p.accept("OR") {
		if len(p.tokens) == 0 {
			return fmt.Errorf("nothing follows OR")
		}
		at := p.tokens[0].at
		other, err := p.comparison()
		if err != nil {
			return err
		}
		if field != "status" || other != "status" {
			return fmt.Errorf("at %d: only comparisons of status can be joined by OR", at)
		}
	}
	// A second condition on the field is refused: both would have to hold.
	p.seen = append(p.seen, field)
	if open && !p.accept(")") {
		return fmt.Errorf("a parenthesis is never closed")
	}
	return nil
}

func (p *filterParser) comparison() (string, error) {
	name, op := p.next(), p.next()
	if name.text == "" || name.quoted {
		return "", fmt.Errorf("at %d: the name of a field is expected", name.at)
	}
	value := p.next()
	if value.text == "" && !value.quoted {
		return "", fmt.Errorf("at %d: %s is compared to nothing", name.at, name.text)
	}
	if slices.Contains(p.seen, name.text) && name.text != "create_time" {
		return "", fmt.Errorf("at %d: %s is restricted twice", name.at, name.text)
	}
	if err := p.apply(name.text, op.text, value.text); err != nil {
		return "", fmt.Errorf("at %d: %w", name.at, err)
	}
	return name.text, nil
}

// apply adds one comparison to the filter.
func (p *filterParser) apply(field, op, value string) error {
	tag, isTag := strings.CutPrefix(field, "tags.")
	switch {
	case field == "create_time":
		return p.createTime(op, value)
	case field == "tags" && op == ":":
		return p.tag(value, "")
	case op == ":" && field == "id":
		p.out.IDPrefix = strings.TrimSuffix(value, "*")
		return nil
	case op != "=":
		return fmt.Errorf("%s cannot be compared by %q", field, op)
	case isTag && tag != "":
		if value == "" {
			return fmt.Errorf("tag %s is compared to nothing; tags:%s asks for any value", tag, tag)
		}
		return p.tag(tag, value)
	}
	switch field {
	case "status":
		return p.status(value)
	case "asset":
		p.out.Asset = value
	case "partition":
		p.out.Partition = value
	case "launcher":
		p.out.LauncherKind = value
	case "id":
		p.out.IDPrefix = value
	default:
		return fmt.Errorf("unknown field %q; known are status, asset, partition, launcher, id, tags and create_time", field)
	}
	return nil
}

func (p *filterParser) tag(key, value string) error {
	if p.out.TagKey != "" {
		return fmt.Errorf("only one tag can be asked for")
	}
	p.out.TagKey, p.out.TagValue = key, value
	return nil
}

func (p *filterParser) status(value string) error {
	s := store.Status(strings.TrimPrefix(value, "RUN_STATUS_"))
	if !slices.Contains(wire.Statuses, s) {
		known := make([]string, len(wire.Statuses))
		for i, k := range wire.Statuses {
			known[i] = string(k)
		}
		return fmt.Errorf("unknown status %q; known are %s", value, strings.Join(known, ", "))
	}
	if !slices.Contains(p.out.Status, s) {
		p.out.Status = append(p.out.Status, s)
	}
	return nil
}

// createTime restricts the creation; both bounds of a store.RunFilter are
// exclusive.
func (p *filterParser) createTime(op, value string) error {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return fmt.Errorf("create_time %q is not a time such as 2001-01-31T00:00:00Z", value)
	}
	switch op {
	case ">", "<":
	case ">=":
		t = t.Add(-1)
	case "<=":
		t = t.Add(1)
	default:
		return fmt.Errorf("create_time cannot be compared by %q", op)
	}
	bound := &p.out.After
	if op[0] == '<' {
		bound = &p.out.Before
	}
	if !bound.IsZero() {
		return fmt.Errorf("create_time has two bounds on one side")
	}
	*bound = t
	return nil
}

// QuoteFilter returns a value as ParseRunFilter reads it, whatever it holds.
func QuoteFilter(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
