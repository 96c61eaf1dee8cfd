package scaffold

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"rivers.io/cli/riversctl/gobuild"
	"rivers.io/runtime/synthetic"
)

// SyntheticSizes are the sizes that have a name, as people write them.
var SyntheticSizes = []string{"100", "1k", "10k", "50k"}

// SyntheticSize reads the size of a made-up pipeline: a number of assets, or of
// thousands of them followed by k. The error names what is allowed.
func SyntheticSize(text string) (int, error) {
	digits, thousands := strings.CutSuffix(text, "k")
	n, err := strconv.ParseUint(digits, 10, 32)
	if thousands {
		n *= 1000
	}
	if err != nil || n < synthetic.MinAssets || n > synthetic.MaxAssets {
		return 0, fmt.Errorf("%q is no size of a pipeline: give %s, or any number of assets from %d to %d",
			text, strings.Join(SyntheticSizes, ", "), synthetic.MinAssets, synthetic.MaxAssets)
	}
	return int(n), nil
}

// Synthetic is a made-up pipeline.
type Synthetic struct {
	// Dir is the directory that is to hold the pipeline's own.
	Dir string
	// Assets is how many assets the pipeline declares; see SyntheticSize.
	Assets int
	// Rivers is where the module of rivers comes from.
	Rivers Source
	// Go runs the go command.
	Go gobuild.Go
}

// Write writes the pipeline and returns its directory. What an earlier call wrote
// there is written over: the files say so.
func (s Synthetic) Write(ctx context.Context) (string, error) {
	name := s.name()
	dir := filepath.Join(s.Dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	t, err := template.ParseFS(templates, "templates/synthetic.go.tmpl")
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, map[string]any{"Name": name, "Command": name, "Assets": s.Assets}); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), text.Bytes(), 0o644); err != nil {
		return "", err
	}
	if err := s.Rivers.write(dir, "example.com/"+name); err != nil {
		return "", err
	}
	if s.Rivers.Checkout != "" {
		return dir, nil // all that a checkout requires is required, so nothing is missing
	}
	return dir, s.Go.Tidy(ctx, dir)
}

// name is that of the pipeline and of its location; thousands are written with a k.
func (s Synthetic) name() string {
	if s.Assets%1000 == 0 {
		return fmt.Sprintf("synthetic-%dk", s.Assets/1000)
	}
	return fmt.Sprintf("synthetic-%d", s.Assets)
}
