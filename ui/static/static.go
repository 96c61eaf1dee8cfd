// Package static serves the files that pages load: the bundle's style and
// scripts, addressed by the hash of what they hold, so that browsers keep them
// for good and a new build is seen at once.
//
// The files under dist are made by the bundle command and checked in. The
// package must never serve anything that is not embedded.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

//go:embed dist
var dist embed.FS

// Prefix is where the files are mounted.
const Prefix = "/static/"

// Files are the embedded files by name.
type Files struct {
	byName map[string]*file
	byPath map[string]*file
}

type file struct {
	url, media string
	raw        []byte
	compress   sync.Once
	br, gz     []byte
}

// New reads the embedded files. It panics when a file is missing, which the
// build makes impossible.
func New() *Files {
	f := &Files{byName: map[string]*file{}, byPath: map[string]*file{}}
	entries, err := fs.ReadDir(dist, "dist")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		raw, err := dist.ReadFile("dist/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(raw)
		ext := path.Ext(e.Name())
		url := Prefix + strings.TrimSuffix(e.Name(), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		one := &file{url: url, raw: raw, media: mediaType(ext)}
		f.byName[e.Name()] = one
		f.byPath[url] = one
	}
	return f
}

func mediaType(ext string) string {
	switch ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if m := mime.TypeByExtension(ext); m != "" {
		return m
	}
	return "application/octet-stream"
}

// URL returns the address of a file. An unknown name panics: names are written
// in templates, and every template is rendered by a test.
func (f *Files) URL(name string) string {
	if one, ok := f.byName[name]; ok {
		return one.url
	}
	panic(fmt.Sprintf("static file %q is not in the bundle", name))
}

// Has reports whether the bundle has a file of that name.
func (f *Files) Has(name string) bool { return f.byName[name] != nil }

// ServeHTTP answers GET and HEAD of addresses that URL returned.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one, ok := f.byPath[r.URL.Path]
	if !ok {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", one.media)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := one.raw
	one.compress.Do(one.squeeze)
	switch accepted := r.Header.Get("Accept-Encoding"); {
	case strings.Contains(accepted, "br"):
		h.Set("Content-Encoding", "br")
		body = one.br
	case strings.Contains(accepted, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = one.gz
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// Weight returns the size of a file as a browser loads it, in bytes.
func (f *Files) Weight(name string) int {
	one := f.byName[name]
	if one == nil {
		return 0
	}
	one.compress.Do(one.squeeze)
	return len(one.br)
}

// Names returns the names of all files, in no order.
func (f *Files) Names() []string {
	names := make([]string, 0, len(f.byName))
	for name := range f.byName {
		names = append(names, name)
	}
	return names
}

// squeeze compresses once, when the file is first asked for.
func (one *file) squeeze() {
	var b bytes.Buffer
	bw := brotli.NewWriterLevel(&b, 9)
	_, _ = bw.Write(one.raw)
	_ = bw.Close()
	one.br = b.Bytes()
	var g bytes.Buffer
	gw, _ := gzip.NewWriterLevel(&g, gzip.BestCompression)
	_, _ = gw.Write(one.raw)
	_ = gw.Close()
	one.gz = g.Bytes()
}
