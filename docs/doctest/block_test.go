package doctest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the repository, seen from this package.
const root = "../.."

// page is one Markdown file.
type page struct {
	path    string // relative to the repository
	prelude []string
	blocks  []block
	prose   []string // lines outside of blocks
}

// block is one fenced block.
type block struct {
	page string
	line int // of the opening fence
	lang string
	args map[string]string
	text string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

var session = regexp.MustCompile(`^<!-- session: (.*) -->$`)

// parse splits a page into blocks and prose.
func parse(path, text string) (page, error) {
	p := page{path: path}
	var open *block
	for i, line := range strings.Split(text, "\n") {
		fence := strings.HasPrefix(line, "```")
		switch {
		case fence && open == nil:
			b, err := opening(path, i+1, strings.TrimPrefix(line, "```"))
			if err != nil {
				return p, err
			}
			open = &b
		case fence:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		default:
			if m := session.FindStringSubmatch(line); m != nil {
				p.prelude = append(p.prelude, m[1])
			}
			p.prose = append(p.prose, line)
		}
	}
	if open != nil {
		return p, fmt.Errorf("%s: the block is never closed", open)
	}
	return p, nil
}

// languages lists what a block may be, with the arguments that it may have.
var languages = map[string][]string{
	"go": {"whole", "from", "write"}, "console": nil, "json": {"write"}, "toml": {"write"}, "text": nil,
}

func opening(path string, line int, info string) (block, error) {
	words := strings.Fields(info)
	b := block{page: path, line: line, args: map[string]string{}}
	if len(words) == 0 {
		return b, fmt.Errorf("%s: the block has no language: use text where nothing can be tested", b)
	}
	b.lang = words[0]
	known, ok := languages[b.lang]
	if !ok {
		return b, fmt.Errorf("%s: nothing is known about blocks in %q", b, b.lang)
	}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		if !slices.Contains(known, name) || value == "" {
			return b, fmt.Errorf("%s: %s blocks have no argument %q", b, b.lang, w)
		}
		b.args[name] = value
	}
	return b, nil
}

// generated is written by riversctl, whose own test checks that it is fresh.
const generated = "docs/riversctl.md"

// pages reads README.md and everything below docs.
func pages(t *testing.T) []page {
	t.Helper()
	paths := []string{"README.md"}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			rel, _ := filepath.Rel(root, path)
			paths = append(paths, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []page
	for _, path := range paths {
		if path == generated {
			continue
		}
		p, err := parse(path, read(t, path))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// read returns a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
