package partition

import (
	"fmt"
	"strings"
)

// MaxKeyLen is the longest key, in bytes, that any door accepts.
const MaxKeyLen = 512

// Reserved holds the characters that no value of a key may contain: the pipe
// joins the dimensions of a multi-dimensional key and the comma joins the
// values of one dimension (D-79, D-80).
const Reserved = "|,"

// Key is the canonical text of one partition key: the only form that is
// stored and compared. The empty Key means "not partitioned".
//
// A single-dimensional key is its value as written, such as "2001-01-31".
type Key string

// NewKey checks value and returns it as a key. The error names the offending
// character or limit.
func NewKey(value string) (Key, error) {
	switch {
	case value == "":
		return "", fmt.Errorf("partition key is empty")
	case len(value) > MaxKeyLen:
		return "", fmt.Errorf("partition key of %d bytes is longer than %d", len(value), MaxKeyLen)
	}
	if i := strings.IndexAny(value, Reserved); i >= 0 {
		return "", fmt.Errorf("partition key %q contains the reserved character %q", value, value[i])
	}
	if strings.TrimSpace(value) != value {
		return "", fmt.Errorf("partition key %q begins or ends with white space", value)
	}
	for _, r := range value {
		if r < 0x20 || r == 0x7f || r == '\uFFFD' {
			return "", fmt.Errorf("partition key %q contains a control or invalid character", value)
		}
	}
	return Key(value), nil
}
