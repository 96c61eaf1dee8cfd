package driver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"rivers.io/runtime/store/sqlite"
)

// embedded is a database in a file.
type embedded struct {
	*sqlite.DB
	path string
}

// Identity returns a random id in a file beside the database, made when it is
// missing, whoever opened it. It moves and is copied with the directory.
func (e *embedded) Identity(context.Context) (uuid.UUID, error) {
	path := e.path + ".id"
	id, err := readID(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return uuid.Nil, err
	}
	defer os.Remove(temp.Name())
	_, err = fmt.Fprintln(temp, uuid.NewString())
	if err := errors.Join(err, temp.Close()); err != nil {
		return uuid.Nil, err
	}
	// A link cannot be made twice: of two processes that begin together, one wins.
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(temp.Name(), path); err != nil {
			return uuid.Nil, err
		}
	}
	return readID(path)
}

func readID(path string) (uuid.UUID, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.Parse(strings.TrimSpace(string(raw)))
	if err != nil {
		return uuid.Nil, fmt.Errorf("%s: %w", path, err)
	}
	return id, nil
}
