package gobuild

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Error is what the go command said about sources that do not build.
type Error struct{ Text string }

// Error returns the words of the compiler.
func (e *Error) Error() string { return e.Text }

// Binary is a built pipeline.
type Binary struct {
	// Path is the executable.
	Path string
	// ID is the beginning of the SHA-256 of its bytes: equal sources give equal
	// ids.
	ID string
}

// Build compiles the target into dir. The file is named after its contents, so
// that a build which changed nothing gives the same binary again. Sources that do
// not compile are an *Error.
func (g Go) Build(ctx context.Context, t Target, dir string) (Binary, error) {
	tmp := filepath.Join(dir, ".building-"+t.Base())
	defer func() { _ = os.Remove(tmp) }() // renamed when all went well
	// Version control stamps would make every commit another binary.
	cmd := g.command(ctx, t.Dir, "build", "-buildvcs=false", "-o", tmp, ".")
	var complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &complaints, &complaints
	if err := cmd.Run(); err != nil {
		var exited *exec.ExitError
		if ctx.Err() != nil {
			return Binary{}, ctx.Err()
		}
		text := strings.TrimSpace(complaints.String())
		if errors.As(err, &exited) && text != "" {
			return Binary{}, &Error{Text: text}
		}
		return Binary{}, explain(err, text)
	}
	id, err := digest(tmp)
	if err != nil {
		return Binary{}, err
	}
	b := Binary{Path: filepath.Join(dir, t.Base()+"-"+id), ID: id}
	if _, err := os.Stat(b.Path); err == nil {
		return b, nil // it may be running: leave it alone
	}
	if err := os.Rename(tmp, b.Path); err != nil {
		return Binary{}, fmt.Errorf("keep the build: %w", err)
	}
	return b, nil
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // opened for reading only
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}
