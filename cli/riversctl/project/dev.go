package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Dev describes a running `riversctl dev`: the contents of dev.json.
type Dev struct {
	// PID is the process that runs.
	PID int `json:"pid"`
	// URL is the web UI, with REST under /v1.
	URL string `json:"url"`
	// Registry is the gRPC address of the registry, host:port.
	Registry string `json:"registry"`
	// Token opens the registry and the locations.
	Token string `json:"token"`
	// Namespace is the namespace of the locations.
	Namespace string `json:"namespace"`
	// Project is the directory of the pipeline's module.
	Project string `json:"project"`
	// Started is when the process was ready, in UTC.
	Started time.Time `json:"started"`
}

// WriteDev publishes the running dev.
func (d Dir) WriteDev(dev Dev) error { return writeJSON(d.DevFile(), dev, 0o600) }

// RemoveDev withdraws it; a file that is gone already is no error.
func (d Dir) RemoveDev() error {
	if err := os.Remove(d.DevFile()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// ReadDev reads dev.json, whether or not its process is still alive.
func (d Dir) ReadDev() (Dev, error) {
	raw, err := os.ReadFile(d.DevFile())
	if err != nil {
		return Dev{}, err
	}
	var dev Dev
	if err := json.Unmarshal(raw, &dev); err != nil {
		return Dev{}, fmt.Errorf("%s is not readable: %w", d.DevFile(), err)
	}
	return dev, nil
}

// ErrNoDev says that no dev runs for the directory or any above it.
var ErrNoDev = errors.New("no running `riversctl dev` was found")

// At returns the dev that runs on a state directory. The error wraps ErrNoDev.
func At(path string) (Dev, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Dev{}, err
	}
	dev, err := Dir(abs).ReadDev()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !Dir(abs).Alive() {
		return Dev{}, fmt.Errorf("%w on the state directory %s", ErrNoDev, abs)
	}
	return dev, err
}

// Find walks up from a directory to the first state directory whose dev is alive.
// The error wraps ErrNoDev, and names the dev that ended without tidying up when
// there was one.
func Find(from string) (Dev, error) {
	abs, err := filepath.Abs(from)
	if err != nil {
		return Dev{}, err
	}
	stale := ""
	for dir := abs; ; {
		state := Dir(filepath.Join(dir, DirName))
		dev, err := state.ReadDev()
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		case err != nil:
			return Dev{}, err
		case state.Alive():
			return dev, nil
		default:
			stale = fmt.Sprintf(" (the one in %s, pid %d, has ended)", state, dev.PID)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return Dev{}, fmt.Errorf("%w in %s or above it%s", ErrNoDev, abs, stale)
		}
		dir = parent
	}
}
