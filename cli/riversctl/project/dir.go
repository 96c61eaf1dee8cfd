package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// Namespace is the namespace of everything on a laptop.
const Namespace = "local"

// DirName is the name of the state directory inside a project.
const DirName = ".rivers"

// Dir is the absolute path of a state directory.
type Dir string

// Create makes the directory with what must be in it and returns it. What exists
// is kept.
func Create(path string) (Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	d := Dir(abs)
	for _, sub := range []string{abs, d.Bin(), d.Run(), filepath.Join(abs, "values")} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return "", fmt.Errorf("state directory: %w", err)
		}
	}
	ignore := d.join(".gitignore")
	if _, err := os.Stat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o644); err != nil {
			return "", fmt.Errorf("state directory: %w", err)
		}
	}
	return d, nil
}

func (d Dir) join(name string) string { return filepath.Join(string(d), name) }

// Database is the path of the embedded database.
func (d Dir) Database() string { return d.join("rivers.db") }

// Bin is where built pipelines lie.
func (d Dir) Bin() string { return d.join("bin") }

// Run is where running pipelines announce themselves.
func (d Dir) Run() string { return d.join("run") }

// Synthetic is where made-up pipelines lie.
func (d Dir) Synthetic() string { return d.join("synthetic") }

// TokenFile holds the token that locations are started with.
func (d Dir) TokenFile() string { return d.join("token") }

// DevFile describes the running dev.
func (d Dir) DevFile() string { return d.join("dev.json") }

// ValuesURL is the blob store of values inside the directory.
func (d Dir) ValuesURL() string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(d.join("values"))}).String()
}

// Identity returns the identity of the location called name, making one the first
// time. It stays the same as long as the directory is kept.
func (d Dir) Identity(name string) (string, error) {
	file := d.join("locations.json")
	ids := map[string]string{}
	raw, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", err
	default:
		if err := json.Unmarshal(raw, &ids); err != nil {
			return "", fmt.Errorf("%s is not readable: %w", file, err)
		}
	}
	if id := ids[name]; id != "" {
		return id, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	ids[name] = id.String()
	return ids[name], writeJSON(file, ids, 0o600)
}

// WriteToken replaces the token file.
func (d Dir) WriteToken(token string) error {
	return writeFile(d.TokenFile(), []byte(token+"\n"), 0o600)
}

func writeJSON(path string, v any, mode fs.FileMode) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(raw, '\n'), mode)
}

// writeFile replaces a file so that a reader sees the old or the new one whole.
func writeFile(path string, data []byte, mode fs.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already after the rename
	if err := errors.Join(tmp.Chmod(mode), second(tmp.Write(data)), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func second(_ int, err error) error { return err }
