package store

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/google/uuid"
)

// Limits of what drivers accept. Past one, a call fails with ErrInvalid.
const (
	// MaxName is the longest asset, step, tag or executor name, in bytes.
	MaxName = 512
	// MaxID is the longest location, writer, token or request id, in bytes.
	MaxID = 200
	// MaxAppendEvents is the most events of one append.
	MaxAppendEvents = 20_000
	// MaxAppendBytes is the most bytes that the payloads of one append, or the
	// texts of one call of AppendLogs, encode to.
	MaxAppendBytes = 64 << 20
	// MaxKeys is the most keys of one call of Latest or PartitionStates.
	MaxKeys = 1000
	// DefaultPage and MaxPage are the page sizes for 0 and for more than the
	// most.
	DefaultPage = 50
	MaxPage     = 1000
	// DefaultRead and MaxRead bound the rows of Events and LogLines likewise.
	DefaultRead = 1000
	MaxRead     = 10_000
	// MaxReadBytes bounds the payloads that Events returns without a limit.
	MaxReadBytes = 8 << 20
	// CountShards is the number of counters kept for each status of a
	// location.
	CountShards = 16
)

// CheckRunID reports ErrInvalid unless id is a UUIDv7 in its canonical form.
func CheckRunID(id string) error {
	u, err := uuid.Parse(id)
	if err != nil || u.Version() != 7 || u.String() != id {
		return fmt.Errorf("run id %q is not a UUIDv7: %w", clip(id), ErrInvalid)
	}
	return nil
}

// CheckID reports ErrInvalid unless id is a non-empty text of at most MaxID
// bytes without control characters. What names the argument in the error.
func CheckID(what, id string) error { return checkText(what, id, MaxID) }

// CheckName reports ErrInvalid unless name is a non-empty text of at most
// MaxName bytes without control characters. What names the argument.
func CheckName(what, name string) error { return checkText(what, name, MaxName) }

// CheckFileID reports ErrInvalid unless id may be the name of a file: letters,
// digits, dash, underscore and dot, at most 128, and not beginning with a dot.
func CheckFileID(what, id string) error {
	if id == "" || len(id) > 128 || id[0] == '.' {
		return fmt.Errorf("%s %q is empty, too long or begins with a dot: %w", what, clip(id), ErrInvalid)
	}
	for _, r := range id {
		if !strings.ContainsRune("-_.", r) && !isAlnum(r) {
			return fmt.Errorf("%s %q contains %q: only letters, digits, dash, underscore and dot are allowed: %w", what, id, r, ErrInvalid)
		}
	}
	return nil
}

// CountShard returns the shard, from 0 to CountShards-1, that counts a run.
func CountShard(run string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(run))
	return int(h.Sum32() % CountShards)
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func checkText(what, s string, most int) error {
	switch {
	case s == "":
		return fmt.Errorf("%s is empty: %w", what, ErrInvalid)
	case len(s) > most:
		return fmt.Errorf("%s of %d bytes is longer than %d: %w", what, len(s), most, ErrInvalid)
	}
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r == '\uFFFD' {
			return fmt.Errorf("%s %q contains a control or invalid character: %w", what, clip(s), ErrInvalid)
		}
	}
	return nil
}

func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}
