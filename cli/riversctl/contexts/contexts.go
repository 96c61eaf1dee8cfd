// Package contexts remembers the servers a person works with, by name, in one file
// of the user's configuration. It stores where a token lies, never a token.
package contexts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rivers.io/cli/riversctl/nearest"
)

// Local is the name that always stands for the dev found from the working
// directory.
const Local = "local"

// Context is a remembered server.
type Context struct {
	// Server is the gRPC address of its registry.
	Server string `json:"server"`
	// TokenFile is the file with the token; may be empty.
	TokenFile string `json:"tokenFile,omitempty"`
	// Namespace is the namespace of the locations; empty means local.
	Namespace string `json:"namespace,omitempty"`
	// Location is the location meant when a command names none; may be empty.
	Location string `json:"location,omitempty"`
}

// Book is the content of the file.
type Book struct {
	// Current is the context in use; empty means Local.
	Current string `json:"current,omitempty"`
	// Contexts are the remembered servers.
	Contexts map[string]Context `json:"contexts"`
}

// Names lists the contexts in order, Local first.
func (b Book) Names() []string {
	return append([]string{Local}, slices.Sorted(maps.Keys(b.Contexts))...)
}

// File is the path of the file; it need not exist.
type File string

// Read returns the book; a file that does not exist is an empty one.
func (f File) Read() (Book, error) {
	b := Book{Contexts: map[string]Context{}}
	raw, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) || f == "" {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		return b, fmt.Errorf("%s is not readable: %w", f, err)
	}
	return b, nil
}

// Pick returns the context called name, or the current one when name is empty.
func (f File) Pick(name string) (string, Context, error) {
	b, err := f.Read()
	if err != nil {
		return "", Context{}, err
	}
	if name == "" {
		name = b.Current
	}
	if name == "" || name == Local {
		return Local, Context{}, nil
	}
	c, err := b.get(name)
	return name, c, err
}

// Use makes a context the current one.
func (f File) Use(name string) error {
	return f.change(func(b *Book) error {
		if name == Local {
			b.Current = ""
			return nil
		}
		_, err := b.get(name)
		b.Current = name
		return err
	})
}

// Set remembers or replaces a context.
func (f File) Set(name string, c Context) error {
	if name == "" || name == Local || strings.TrimSpace(name) != name {
		return fmt.Errorf("a context cannot be called %q", name)
	}
	return f.change(func(b *Book) error { b.Contexts[name] = c; return nil })
}

// Delete forgets a context; the current one gives way to Local.
func (f File) Delete(name string) error {
	return f.change(func(b *Book) error {
		if _, err := b.get(name); err != nil {
			return err
		}
		delete(b.Contexts, name)
		if b.Current == name {
			b.Current = ""
		}
		return nil
	})
}

func (b Book) get(name string) (Context, error) {
	c, ok := b.Contexts[name]
	if ok {
		return c, nil
	}
	hint := ""
	if meant, ok := nearest.To(name, b.Names()); ok {
		hint = "; did you mean " + meant + "?"
	}
	return c, fmt.Errorf("no context is called %q%s (`riversctl context list` shows them)", name, hint)
}

func (f File) change(edit func(*Book) error) error {
	if f == "" {
		return errors.New("contexts need a home directory: set HOME or XDG_CONFIG_HOME")
	}
	b, err := f.Read()
	if err != nil {
		return err
	}
	if err := edit(&b); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return err
	}
	tmp := string(f) + ".new"
	if err := os.WriteFile(tmp, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, string(f))
}
