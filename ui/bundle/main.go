// Command bundle makes the files under ui/static/dist: one style sheet, one
// script for every page, and one script for each heavy island.
//
//	go run ./ui/bundle          # from the root of the repository
//	go run ./ui/bundle -check   # fails when dist is not what the sources give
//
// It must never fetch anything: libraries are vendored under ui/vendor_js.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	check := flag.Bool("check", false, "compare with what is checked in instead of writing")
	root := flag.String("ui", "ui", "the ui directory")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	files, err := build(root)
	if err != nil {
		return err
	}
	dist := filepath.Join(root, "static", "dist")
	if check {
		return compare(dist, files)
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dist, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// build returns the bundled files by name.
func build(root string) (map[string][]byte, error) {
	entries, err := filepath.Glob(filepath.Join(root, "islands", "*.ts"))
	if err != nil {
		return nil, err
	}
	entries = append(entries, filepath.Join(root, "style", "app.css"), filepath.Join(root, "style", "icon.svg"))
	result := api.Build(api.BuildOptions{
		EntryPoints:       entries,
		Outdir:            filepath.Join(root, "static", "dist"),
		EntryNames:        "[name]",
		Bundle:            true,
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		Platform:          api.PlatformBrowser,
		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,
		LegalComments:     api.LegalCommentsNone,
		Charset:           api.CharsetUTF8,
		Loader:            map[string]api.Loader{".svg": api.LoaderCopy},
		Engines:           []api.Engine{{Name: api.EngineChrome, Version: "123"}, {Name: api.EngineFirefox, Version: "120"}, {Name: api.EngineSafari, Version: "17.5"}},
		Write:             false,
	})
	if len(result.Errors) > 0 {
		texts := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return nil, errors.New(strings.Join(texts, "\n"))
	}
	files := map[string][]byte{}
	for _, f := range result.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	return files, nil
}

// compare reports every difference between dist and files at once.
func compare(dist string, files map[string][]byte) error {
	var problems []error
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil || !bytes.Equal(got, want) {
			problems = append(problems, fmt.Errorf("%s is not fresh: run go run ./ui/bundle", filepath.Join(dist, name)))
		}
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if files[e.Name()] == nil {
			problems = append(problems, fmt.Errorf("%s has no source any more: delete it", filepath.Join(dist, e.Name())))
		}
	}
	return errors.Join(problems...)
}
