//go:build !unix

package sqlite

import (
	"errors"
	"os"
)

// lockFile reports that the system has no lock that ends with its process, so
// that a dead owner is recognised by the end of its lease alone.
func lockFile(*os.File) (bool, error) { return false, errors.ErrUnsupported }
