package project

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Lock is held by the one dev that runs on a state directory. The death of the
// process releases it.
type Lock struct{ file *os.File }

// HeldError says that another dev runs on the directory.
type HeldError struct {
	Dir Dir
	// Dev is zero while the other is still starting.
	Dev Dev
}

// Error names the pid and URL of the other, and what to do.
func (e *HeldError) Error() string {
	who := "another riversctl dev is starting"
	if e.Dev.PID != 0 {
		who = fmt.Sprintf("riversctl dev runs already as pid %d at %s", e.Dev.PID, e.Dev.URL)
	}
	return fmt.Sprintf("%s on %s; stop it, or give this one another --state-dir", who, e.Dir)
}

// probes bounds how often Lock tries: a command that asks Alive holds the lock
// for an instant.
const probes = 20

// probe is the time between two tries.
const probe = 5 * time.Millisecond

// Lock takes the directory for this process. A directory that is taken is a
// *HeldError.
func (d Dir) Lock() (*Lock, error) {
	f, err := os.OpenFile(d.join("dev.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for range probes {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			break
		}
		<-time.After(probe)
	}
	switch {
	case err == nil:
		return &Lock{f}, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		_ = f.Close()
		dev, _ := d.ReadDev() // absent while the other is starting
		return nil, &HeldError{Dir: d, Dev: dev}
	default:
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
}

// Unlock releases the directory.
func (l *Lock) Unlock() error { return l.file.Close() }

// Alive reports whether a process holds the directory.
func (d Dir) Alive() bool {
	f, err := os.Open(d.join("dev.lock"))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // opened for reading only
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}
