package asset

import (
	"fmt"
	"strconv"
	"strings"
)

// The methods that a term may name before its colon.
const (
	byName  = "name"
	byGroup = "group"
	byKind  = "kind"
	byTag   = "tag"
	byOwner = "owner"
)

// except is the prefix of a part that excludes.
const except = "not:"

// unlimited is the depth of a plus sign without a number.
const unlimited = -1

// part is one pattern of a term with its reach into the graph.
type part struct {
	// text is the part as written.
	text string
	// not tells that the part excludes.
	not    bool
	method string
	value  string
	// up and down are depths; 0 takes no neighbours, unlimited takes all.
	up, down int
}

// maxPart is the longest part, in bytes: a label with its method and plus signs,
// and wildcards to spare.
const maxPart = 2 * MaxLabelLen

// parsePart reads [not:][N+][method:]value[+N].
func parsePart(text string) (part, error) {
	p := part{text: text, method: byName}
	if len(text) > maxPart {
		return p, fail(text, "%d bytes are more than any name has", len(text))
	}
	rest, not := strings.CutPrefix(text, except)
	p.not = not
	if at := digits(rest); at < len(rest) && rest[at] == '+' {
		depth, err := depthOf(rest[:at])
		if err != nil {
			return p, fail(text, "%v", err)
		}
		p.up, rest = depth, rest[at+1:]
	}
	if at := strings.LastIndexByte(rest, '+'); at >= 0 && digits(rest[at+1:]) == len(rest)-at-1 {
		depth, err := depthOf(rest[at+1:])
		if err != nil {
			return p, fail(text, "%v", err)
		}
		p.down, rest = depth, rest[:at]
	}
	if method, value, ok := strings.Cut(rest, ":"); ok {
		switch method {
		case byName, byGroup, byKind, byTag, byOwner:
			p.method, rest = method, value
		default:
			return p, fail(text, "unknown method %q; known are %s, %s, %s, %s, %s and %s", clip(method), byName, byGroup, byKind, byTag, byOwner, strings.TrimSuffix(except, ":"))
		}
	}
	if rest == "" {
		return p, fail(text, "nothing is named")
	}
	p.value = rest
	return p, nil
}

// digits returns the number of decimal digits that text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

func depthOf(text string) (int, error) {
	if text == "" {
		return unlimited, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n > MaxAssets {
		return 0, fmt.Errorf("a depth of %s is beyond the limit of %d", clip(text), MaxAssets)
	}
	return n, nil
}

// matches reports whether text matches a pattern in which * stands for any
// bytes and ? for any one.
func matches(pattern, text string) bool {
	p, t := 0, 0
	star, resume := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func isGlob(text string) bool { return strings.ContainsAny(text, "*?") }
