package ui

import "strings"

// mdKind is a kind of block of a markdown text.
type mdKind int

const (
	mdParagraph mdKind = iota
	mdHeading
	mdList
	mdNumbered
	mdCode
)

// mdBlock is one block.
type mdBlock struct {
	Kind  mdKind
	Text  string
	Spans []mdSpan
	Items [][]mdSpan
}

// mdSpan is a run of text of one kind. Link is set only for addresses that may
// be followed.
type mdSpan struct {
	Text, Link         string
	Bold, Italic, Code bool
}

// readMarkdown reads the part of markdown that reports use: headings, lists,
// fenced code, bold, italic, code and links. Anything else, markup of HTML
// included, stays the text that it is.
func readMarkdown(text string) []mdBlock {
	var out []mdBlock
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); {
		line := strings.TrimSpace(lines[i])
		switch {
		case line == "":
			i++
		case strings.HasPrefix(line, "```"):
			var code []string
			for i++; i < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i]), "```"); i++ {
				code = append(code, lines[i])
			}
			i++
			out = append(out, mdBlock{Kind: mdCode, Text: strings.Join(code, "\n")})
		case strings.HasPrefix(line, "#"):
			out = append(out, mdBlock{Kind: mdHeading, Spans: readSpans(strings.TrimSpace(strings.TrimLeft(line, "#")))})
			i++
		case isItem(line) || isNumbered(line):
			block := mdBlock{Kind: mdList}
			if isNumbered(line) {
				block.Kind = mdNumbered
			}
			for ; i < len(lines) && (isItem(strings.TrimSpace(lines[i])) || isNumbered(strings.TrimSpace(lines[i]))); i++ {
				_, item, _ := strings.Cut(strings.TrimSpace(lines[i]), " ")
				block.Items = append(block.Items, readSpans(item))
			}
			out = append(out, block)
		default:
			var words []string
			for ; i < len(lines) && isText(strings.TrimSpace(lines[i])); i++ {
				words = append(words, strings.TrimSpace(lines[i]))
			}
			out = append(out, mdBlock{Spans: readSpans(strings.Join(words, " "))})
		}
	}
	return out
}

func isItem(line string) bool {
	return strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "+ ")
}

func isNumbered(line string) bool {
	digits := strings.TrimLeft(line, "0123456789")
	return digits != line && strings.HasPrefix(digits, ". ")
}

// isText reports whether a line continues a paragraph.
func isText(line string) bool {
	return line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "```") && !isItem(line) && !isNumbered(line)
}

// readSpans reads the marks inside of a line.
func readSpans(text string) []mdSpan {
	var out []mdSpan
	plain := strings.Builder{}
	flush := func() {
		if plain.Len() > 0 {
			out = append(out, mdSpan{Text: plain.String()})
			plain.Reset()
		}
	}
	for text != "" {
		span, rest, ok := readSpan(text)
		if !ok {
			plain.WriteByte(text[0])
			text = text[1:]
			continue
		}
		flush()
		out = append(out, span)
		text = rest
	}
	flush()
	return out
}

// readSpan reads a marked span at the beginning of text.
func readSpan(text string) (mdSpan, string, bool) {
	if inner, rest, ok := between(text, "**", "**"); ok {
		return mdSpan{Text: inner, Bold: true}, rest, true
	}
	if inner, rest, ok := between(text, "`", "`"); ok {
		return mdSpan{Text: inner, Code: true}, rest, true
	}
	if inner, rest, ok := between(text, "*", "*"); ok && !strings.HasPrefix(inner, " ") {
		return mdSpan{Text: inner, Italic: true}, rest, true
	}
	if label, rest, ok := between(text, "[", "]"); ok && strings.HasPrefix(rest, "(") {
		if link, rest, ok := between(rest, "(", ")"); ok && safeLink(link) {
			return mdSpan{Text: label, Link: link}, rest, true
		}
	}
	return mdSpan{}, "", false
}

// between returns what stands between two marks at the beginning of text.
func between(text, open, end string) (inner, rest string, ok bool) {
	after, ok := strings.CutPrefix(text, open)
	if !ok {
		return "", "", false
	}
	inner, rest, ok = strings.Cut(after, end)
	return inner, rest, ok && inner != ""
}
