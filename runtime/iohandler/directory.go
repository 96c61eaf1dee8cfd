package iohandler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
)

// directoryWriter writes the objects of a file:// store. The driver that reads
// them checks for an existing object before it renames, so two writers could
// both win; a hard link cannot be made twice.
type directoryWriter struct {
	root string
	// sync forces files and directories to disk, so that they outlive a loss of
	// power.
	sync bool
}

// newDirectoryWriter takes what concerns it out of the URL of the store.
func newDirectoryWriter(u *url.URL) (*directoryWriter, error) {
	q := u.Query()
	w := &directoryWriter{root: filepath.FromSlash(u.Path)}
	switch v := q.Get("sync"); v {
	case "", "false":
	case "true":
		w.sync = true
	default:
		return nil, fmt.Errorf("values URL %s: sync is true or false, not %q", u.Redacted(), v)
	}
	if q.Has("prefix") {
		return nil, fmt.Errorf("values URL %s: a directory has no prefix; make it part of the path", u.Redacted())
	}
	q.Del("sync")
	q.Set("create_dir", "true")
	q.Set("metadata", "skip")
	u.RawQuery = q.Encode()
	return w, nil
}

// create writes one file that must not exist. It is visible only when all of
// it was written.
func (w *directoryWriter) create(ctx context.Context, path, _ string, write func(io.Writer) error) error {
	final := w.file(path)
	temp, err := w.temporary(final, write)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := publish(temp, final); err != nil {
		return err
	}
	return w.syncDir(final)
}

// replace writes one small file in place of another.
func (w *directoryWriter) replace(_ context.Context, path string, content []byte) error {
	final := w.file(path)
	temp, err := w.temporary(final, func(to io.Writer) error {
		_, err := to.Write(content)
		return err
	})
	if err != nil {
		return err
	}
	if err := os.Rename(temp, final); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}

// list walks the directory itself: the driver fails when a file vanishes while it
// looks, as unfinished ones do, and begins anew for every page.
func (w *directoryWriter) list(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		err := filepath.WalkDir(w.file(prefix), func(name string, d fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil || !d.Type().IsRegular() {
				return present(err)
			}
			info, err := d.Info()
			if err != nil {
				return present(err)
			}
			rel, err := filepath.Rel(w.root, name)
			if err != nil {
				return err
			}
			if !yield(Object{Path: filepath.ToSlash(rel), Bytes: info.Size(), Modified: info.ModTime()}, nil) {
				return filepath.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Object{}, err)
		}
	}
}

// present passes over what is not there any more.
func present(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (w *directoryWriter) file(path string) string {
	return filepath.Join(w.root, filepath.FromSlash(path))
}

// temporary writes a new file beside final and returns its name.
func (w *directoryWriter) temporary(final string, write func(io.Writer) error) (name string, err error) {
	dir, base := filepath.Split(final)
	name = filepath.Join(dir, fmt.Sprintf(".%s.%08x", base, rand.Uint32())) //nolint:gosec // a name, not a secret
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return "", err
		}
		f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return "", err
	}
	err = write(f)
	if err == nil && w.sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(name))
	}
	return name, nil
}

// publish gives a finished file its name, which must be free. File systems
// without hard links get the name claimed by an empty file first.
func publish(temp, final string) error {
	err := os.Link(temp, final)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	claim, err := os.OpenFile(final, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err := claim.Close(); err != nil {
		return err
	}
	return os.Rename(temp, final)
}

// syncDir makes the names in the file's directory, and in those above it up to
// the root, outlive a loss of power.
func (w *directoryWriter) syncDir(file string) error {
	if !w.sync {
		return nil
	}
	for dir := filepath.Dir(file); len(dir) >= len(filepath.Clean(w.root)); dir = filepath.Dir(dir) {
		d, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return nil
}
