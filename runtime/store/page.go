package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
)

// Limit returns the number of rows that the page asks for: DefaultPage for 0,
// at most MaxPage.
func (p Page) Limit() int { return limit(p.Size, DefaultPage, MaxPage) }

// ReadLimit returns the number of rows that a limit argument asks for:
// DefaultRead for 0, at most MaxRead.
func ReadLimit(n int) int { return limit(n, DefaultRead, MaxRead) }

func limit(n, usual, most int) int {
	switch {
	case n <= 0:
		return usual
	case n > most:
		return most
	}
	return n
}

type token struct {
	Query uint64  `json:"q"`
	Key   []int64 `json:"k"`
}

// Query identifies what a page token belongs to: the method, the location and
// the filter. Page sizes may differ between the pages of one query.
type Query uint64

// NewQuery returns the identity of a query; filter is encoded as JSON.
func NewQuery(method, location string, filter any) Query {
	h := fnv.New64a()
	raw, err := json.Marshal(filter)
	if err != nil {
		raw = []byte(err.Error())
	}
	for _, part := range [][]byte{[]byte(method), []byte(location), raw} {
		_, _ = fmt.Fprintf(h, "%d:", len(part))
		_, _ = h.Write(part)
	}
	return Query(h.Sum64())
}

// Token returns a page token that carries the key of the last row of a page.
func (q Query) Token(key ...int64) string {
	raw, err := json.Marshal(token{Query: uint64(q), Key: key})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Key reads a token that Token made for the same query, with n numbers. An
// empty token gives nil. Anything else is ErrPrecondition.
func (q Query) Key(text string, n int) ([]int64, error) {
	if text == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("page token is malformed: %w", ErrPrecondition)
	}
	var t token
	if err := json.Unmarshal(raw, &t); err != nil || len(t.Key) != n {
		return nil, fmt.Errorf("page token is malformed: %w", ErrPrecondition)
	}
	if t.Query != uint64(q) {
		return nil, fmt.Errorf("page token belongs to another query: %w", ErrPrecondition)
	}
	return t.Key, nil
}
