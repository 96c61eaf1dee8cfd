package gobuild

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
)

// Sources are the directories that the build of a target reads.
type Sources struct {
	// Code holds the directories with Go files, and those of the go.mod files.
	Code []string
	// Data holds the directories of embedded files.
	Data []string
}

// Sources lists what the target's build reads from the modules that are edited on
// this machine: the main module, those of the workspace, and replaced ones.
// Packages that do not compile are listed as far as they can be read.
func (g Go) Sources(ctx context.Context, t Target) (Sources, error) {
	found, err := g.list(ctx, t.Dir, "-deps", ".")
	if err != nil {
		return Sources{}, err
	}
	code, data := map[string]bool{t.Dir: true, t.ModuleDir: true}, map[string]bool{}
	for _, p := range found {
		if p.Standard || p.Dir == "" || !p.Module.local() {
			continue
		}
		code[p.Dir] = true
		if p.Module.Dir != "" {
			code[p.Module.Dir] = true
		}
		for _, file := range slices.Concat(p.EmbedFiles, p.EmbedPatterns) {
			data[filepath.Dir(filepath.Join(p.Dir, filepath.FromSlash(file)))] = true
		}
	}
	return Sources{Code: slices.Sorted(maps.Keys(code)), Data: slices.Sorted(maps.Keys(data))}, nil
}
