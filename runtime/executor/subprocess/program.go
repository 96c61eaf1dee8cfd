package subprocess

import (
	"fmt"
	"os"
)

// program is the binary that children run.
type program struct {
	// name is its path as children see it.
	name string
	// image is the file to start in its place; empty is the one at name.
	image string
	// was describes the file at name when this process began to use it; nil
	// when any is right.
	was os.FileInfo
	err error
}

// newProgram finds the program at path, or this process's own.
func newProgram(path string) program {
	own, err := os.Executable()
	switch {
	case path != "" && (err != nil || path != own):
		return program{name: path}
	case err != nil:
		return program{err: fmt.Errorf("find this program's own file: %w", err)}
	}
	if image := ownImage(); image != "" {
		return program{name: own, image: image}
	}
	was, err := os.Stat(own)
	return program{name: own, was: was, err: err}
}

// file returns the file to start.
func (p *program) file() (string, error) {
	switch {
	case p.err != nil:
		return "", p.err
	case p.image != "":
		return p.image, nil
	case p.was == nil:
		return p.name, nil
	}
	is, err := os.Stat(p.name)
	if err != nil {
		return "", err
	}
	if !os.SameFile(p.was, is) || p.was.Size() != is.Size() || !p.was.ModTime().Equal(is.ModTime()) {
		return "", fmt.Errorf("%s was replaced since this process started; start the process again", p.name)
	}
	return p.name, nil
}
