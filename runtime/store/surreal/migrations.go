package surreal

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"strings"
)

// migration is one step of the schema. Once released it never changes; what is
// stored names its checksum. Each of its statements may be repeated: a migration
// that was interrupted begins anew.
type migration struct {
	script string
	// minReader and minWriter are the versions a build must know to read and
	// to write the schema as of this migration.
	minReader, minWriter int
}

func (m migration) checksum() string {
	sum := sha256.Sum256([]byte(m.script))
	return hex.EncodeToString(sum[:])
}

// statements are the statements of the script.
func (m migration) statements() []string { return splitStatements(m.script) }

//go:embed migrations/0001_initial.surql
var initial string

// schema is what this build knows: migration n is at index n-1. Floors never
// fall from one to the next, and minWriter is never below minReader.
var schema = []migration{
	{script: initial, minReader: 1, minWriter: 1},
}

// splitStatements cuts a script at the semicolons that end its statements, and
// drops comments. A semicolon in a block or in quotes ends nothing.
func splitStatements(script string) []string {
	var list []string
	var b strings.Builder
	depth := 0
	end := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			list = append(list, s)
		}
		b.Reset()
	}
	for i := 0; i < len(script); {
		n := 1
		switch c := script[i]; {
		case isComment(script[i:]):
			i += commentLength(script[i:])
			b.WriteByte(' ')
			continue
		case c == '\'' || c == '"' || c == '`':
			n = quotedLength(script[i:])
		case c == '{' || c == '(' || c == '[':
			depth++
		case c == '}' || c == ')' || c == ']':
			depth--
		case c == ';' && depth == 0:
			end()
			i++
			continue
		}
		b.WriteString(script[i : i+n])
		i += n
	}
	end()
	return list
}

func isComment(s string) bool {
	return strings.HasPrefix(s, "--") || strings.HasPrefix(s, "//") || strings.HasPrefix(s, "#") || strings.HasPrefix(s, "/*")
}

func commentLength(s string) int {
	closing, skip := "\n", 0
	if strings.HasPrefix(s, "/*") {
		closing, skip = "*/", 2
	}
	if n := strings.Index(s[skip:], closing); n >= 0 {
		return skip + n + len(closing)
	}
	return len(s)
}

// quotedLength is the length of the quoted text that s begins with.
func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return len(s)
}
