package subprocess

import (
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"rivers.io/runtime/host"
)

// waitDelay is how long a child that gave no result is waited for, and how long
// pipes are read that others hold after the child and its group ended.
const waitDelay = 2 * time.Second

// child is one process that carries out one attempt.
type child struct {
	cmd  *exec.Cmd
	conn net.Conn
	tail *tail
	once sync.Once

	mu sync.Mutex
	// ended forbids to kill by the pid, which may be another's soon.
	ended bool
}

func (h *Host) start(env host.Env) (*child, error) {
	path, err := h.program.file()
	if err != nil {
		return nil, err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	c := &child{conn: ours, tail: &tail{}}
	c.cmd = exec.Command(path, h.cfg.Args...) //nolint:noctx // the process group is killed when ctx ends, which CommandContext cannot do
	c.cmd.Args[0] = h.program.name
	c.cmd.Env = h.cfg.Env
	c.cmd.Dir = h.cfg.Dir
	c.cmd.ExtraFiles = []*os.File{theirs}
	c.cmd.Stdout = env.Stdout()
	c.cmd.Stderr = io.MultiWriter(env.Stderr(), c.tail)
	c.cmd.WaitDelay = waitDelay
	c.cmd.SysProcAttr = sysProcAttr()
	if err := start(c.cmd); err != nil {
		_ = ours.Close()
		return nil, err
	}
	h.cfg.Logger.Debug("child started", "pid", c.pid())
	return c, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// wait lets the child end by itself, kills it when it has not after patience, and
// kills what it left behind.
func (c *child) wait(patience time.Duration, log *slog.Logger) error {
	_ = c.conn.Close()
	late := time.AfterFunc(patience, func() {
		log.Warn("the child is still there after its attempt and is killed", "pid", c.pid(), "waited", patience)
		c.kill()
	})
	defer late.Stop()
	if awaitExit(c.pid()) {
		c.end()
	}
	err := c.cmd.Wait()
	c.end()
	return err
}

// kill ends the child and everything that it started.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		killGroup(c.pid())
	}
}

// end kills what the child left behind, for the last time.
func (c *child) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.ended = true
		killGroup(c.pid())
	}
}
