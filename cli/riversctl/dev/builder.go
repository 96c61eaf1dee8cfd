package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rivers.io/cli/riversctl/gobuild"
	"rivers.io/cli/riversctl/supervise"
)

// sourceWatcher is told what to watch.
type sourceWatcher interface {
	Watch(code, data []string) error
}

// builder builds the pipeline and asks the binary what it declares.
type builder struct {
	gocmd  gobuild.Go
	target gobuild.Target
	bin    string
	module string
	env    []string
	watch  sourceWatcher
	log    *slog.Logger
	// console is told what building took.
	console *console
}

var _ supervise.Builder = (*builder)(nil)

// describeWithin bounds the time that a pipeline may take to say what it declares.
const describeWithin = 30 * time.Second

// Build compiles the sources as they are, follows what they depend on, and refuses
// a pipeline whose declarations do not resolve.
func (b *builder) Build(ctx context.Context, inUse []string) (supervise.Build, error) {
	begun := time.Now()
	bin, err := b.gocmd.Build(ctx, b.target, b.bin)
	b.follow(ctx)
	if err != nil {
		return supervise.Build{}, err
	}
	name, err := b.describe(ctx, bin.Path)
	if err != nil {
		return supervise.Build{}, err
	}
	b.prune(append(inUse, bin.Path))
	b.console.built(bin.ID, time.Since(begun))
	return supervise.Build{ID: bin.ID, Path: bin.Path, Name: name}, nil
}

// follow watches what the build depends on now. Where that cannot be told, what was
// watched before stays watched.
func (b *builder) follow(ctx context.Context) {
	s, err := b.gocmd.Sources(ctx, b.target)
	if err == nil {
		err = b.watch.Watch(s.Code, s.Data)
	}
	if err != nil && ctx.Err() == nil {
		b.log.Warn("a save may go unseen", "error", err)
	}
}

// describe returns the name of the location that the binary declares.
func (b *builder) describe(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, describeWithin)
	defer cancel()
	args := []string{"describe", "-o", "json"}
	if b.module != "" {
		args = append(args, "--module", b.module)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var out, complaints bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = b.target.Dir, b.env, &out, &complaints
	if err := cmd.Run(); err != nil {
		var exited *exec.ExitError
		if text := strings.TrimSpace(complaints.String()); errors.As(err, &exited) && text != "" {
			return "", errors.New(strings.TrimPrefix(text, "error: "))
		}
		return "", fmt.Errorf("ask the pipeline what it declares: %w", err)
	}
	var d struct{ Name string }
	if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Name == "" {
		return "", fmt.Errorf("%s is no rivers pipeline: its main must call serve.Main", b.target.ImportPath)
	}
	return d.Name, nil
}

// prune removes binaries that nobody runs.
func (b *builder) prune(keep []string) {
	entries, err := os.ReadDir(b.bin)
	if err != nil {
		b.log.Warn("tidying binaries", "error", err)
		return
	}
	for _, e := range entries {
		path := filepath.Join(b.bin, e.Name())
		if slices.Contains(keep, path) || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if err := os.Remove(path); err != nil {
			b.log.Warn("tidying binaries", "error", err)
		}
	}
}
