package conn

import (
	"regexp"
	"strings"
)

// a sign is a text by which a kind of error is known.
type sign struct {
	kind Kind
	text string
}

// signs are looked for in this order, anywhere in the text: what wraps other
// texts comes first.
var signs = []sign{
	{Conflict, "can be retried"},
	{Conflict, "Transaction conflict"},
	{Consequence, "not executed due to a"}, // … failed transaction, … one that was given up
	{Expired, "session has expired"},
	{Expired, "token has expired"},
	{Permission, "IAM error"},
	{Permission, "Not enough permissions"},
	{Permission, "You don't have permission"},
	{Permission, "problem with authentication"},
	{Parse, "Parse error"},
	{Timeout, "exceeded the timeout"},
	{Timeout, "timed out"},
}

const thrown = "An error occurred: "

var (
	existsText = regexp.MustCompile("^Database record [`'](.*)[`'] already exists$")
	uniqueText = regexp.MustCompile("^Database index [`'](.*?)[`'] already contains (?s:.*), with record [`'](.*)[`']$")
	tableText  = regexp.MustCompile("^The table [`'](.*)[`'] does not exist$")
	basesText  = regexp.MustCompile("^The (?:namespace|database) [`'](.*)[`'] does not exist$")
)

// classify tells the kind of an error from its text.
func classify(statement int, text string) *QueryError {
	e := &QueryError{Statement: statement, Text: text}
	// A thrown text is the pipeline's own and may say anything.
	if message, ok := strings.CutPrefix(text, thrown); ok {
		e.Kind, e.Message = Thrown, message
		return e
	}
	if m := existsText.FindStringSubmatch(text); m != nil {
		e.Kind, e.Record = Exists, m[1]
		return e
	}
	if m := uniqueText.FindStringSubmatch(text); m != nil {
		e.Kind, e.Index, e.Record = Unique, m[1], m[2]
		return e
	}
	if m := tableText.FindStringSubmatch(text); m != nil {
		e.Kind, e.Table = MissingTable, m[1]
		return e
	}
	if basesText.MatchString(text) {
		e.Kind = MissingDatabase
		return e
	}
	for _, s := range signs {
		if strings.Contains(text, s.text) {
			e.Kind = s.kind
			return e
		}
	}
	return e
}
