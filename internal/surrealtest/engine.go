package surrealtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long an engine may take to start: far longer than it ever does,
// so that only one that hangs is given up.
const patience = 2 * time.Minute

// Options choose what Start starts. The zero value is an engine in memory with a
// root user.
type Options struct {
	// Dir is where RocksDB keeps the data; empty means in memory.
	Dir string
	// Unauthenticated lets everybody do everything without signing in.
	Unauthenticated bool
}

// Credentials are a user and its password; both are empty for an engine that asks
// nobody to sign in.
type Credentials struct {
	User, Password string
}

// Engine is a running server. Its methods end the test that started it when they
// cannot do what they are asked, and are for one goroutine at a time.
type Engine struct {
	// URL is ws://127.0.0.1:PORT. It stays the same over restarts.
	URL string
	// Version is the engine's, such as 3.0.2.
	Version string
	// Backend is "memory" or "rocksdb".
	Backend string
	// Root may do everything.
	Root Credentials

	opt   Options
	t     testing.TB
	cmd   *exec.Cmd
	stdin *os.File // open as long as the engine shall live
	log   *os.File
	admin *admin
}

// Start starts an engine that ends with the test.
func Start(t testing.TB, opt Options) *Engine {
	t.Helper()
	e, err := launch(opt)
	if err != nil {
		t.Fatal(err)
	}
	e.t = t
	t.Cleanup(e.end)
	return e
}

// launch starts an engine that ends with the process.
func launch(opt Options) (*Engine, error) {
	e := &Engine{opt: opt, Backend: "memory"}
	if opt.Dir != "" {
		e.Backend = "rocksdb"
	}
	if !opt.Unauthenticated {
		e.Root = Credentials{User: "root", Password: rand.Text()}
	}
	log, err := os.CreateTemp("", "surrealtest-*.log")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(log.Name()); err != nil { // read through the open file only
		return nil, errors.Join(err, log.Close())
	}
	e.log = log
	if err := e.start("0"); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return e, nil
}

// start runs the server on a port, "0" for any, until it is ready.
func (e *Engine) start(port string) error {
	path, err := binary()
	if err != nil {
		return err
	}
	args := []string{"--port", port, "--until-stdin-ends"}
	if e.opt.Dir != "" {
		args = append(args, "--dir", e.opt.Dir)
	}
	if e.opt.Unauthenticated {
		args = append(args, "--unauthenticated")
	} else {
		args = append(args, "--user", e.Root.User)
	}
	cmd := exec.CommandContext(context.Background(), path, args...) // ended by Kill, Stop or the end of its input
	cmd.Env = append(os.Environ(), "SURREAL_PASS="+e.Root.Password)
	cmd.Stderr = e.log
	ready, err := e.run(cmd)
	if err != nil {
		return fmt.Errorf("start SurrealDB: %w%s", err, e.said())
	}
	e.admin = &admin{base: strings.Replace(ready["url"], "ws://", "http://", 1), root: e.Root}
	e.URL, e.Version = ready["url"], ready["engine"]
	return nil
}

// run starts a command with pipes as files, so that no goroutine copies, and
// returns what its ready line says.
func (e *Engine) run(cmd *exec.Cmd) (map[string]string, error) {
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // the child has its own
	stdout, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, stdin.Close())
	}
	defer func() { _ = stdout.Close() }() // only its first line is of interest
	cmd.Stdin, cmd.Stdout = in, out
	err = cmd.Start()
	_ = out.Close() // the child has its own
	if err != nil {
		return nil, errors.Join(err, stdin.Close())
	}
	ready, err := readyLine(stdout)
	if err != nil {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
		return nil, errors.Join(err, stdin.Close())
	}
	e.cmd, e.stdin = cmd, stdin
	return ready, nil
}

// readyLine reads "ready key=value …".
func readyLine(stdout *os.File) (map[string]string, error) {
	if err := stdout.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("waiting for its ready line: %w", err)
	}
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != "ready" {
		return nil, fmt.Errorf("its first line is %q", line)
	}
	out := map[string]string{}
	for _, w := range words[1:] {
		k, v, _ := strings.Cut(w, "=")
		out[k] = v
	}
	return out, nil
}

// said returns what the server wrote to its standard error.
func (e *Engine) said() string {
	size, err := e.log.Seek(0, 2)
	if err != nil || size == 0 {
		return ""
	}
	text := make([]byte, min(size, 8<<10))
	n, _ := e.log.ReadAt(text, size-int64(len(text))) // as much as there is
	return "\n" + string(text[:n])
}

// Kill ends the engine by SIGKILL and waits until it is gone.
func (e *Engine) Kill() {
	e.t.Helper()
	if e.cmd == nil {
		e.t.Fatal("the engine was ended already")
	}
	if err := e.cmd.Process.Kill(); err != nil {
		e.t.Fatal(err)
	}
	e.reap()
}

// Stop ends the engine as an operator would, closing its clients and its store.
func (e *Engine) Stop() {
	e.t.Helper()
	if e.cmd == nil {
		e.t.Fatal("the engine was ended already")
	}
	e.reap()
}

// reap closes the server's standard input, which ends it, and waits for that.
func (e *Engine) reap() {
	_ = e.stdin.Close()
	_ = e.cmd.Wait() // how it ended was our own doing
	e.cmd = nil
}

// Restart starts the engine again, after Kill or Stop, on the same port and
// directory. An engine in memory comes back empty.
func (e *Engine) Restart() {
	e.t.Helper()
	if e.cmd != nil {
		e.Stop()
	}
	u, err := url.Parse(e.URL)
	if err != nil {
		e.t.Fatal(err)
	}
	// Somebody's outgoing connection may hold the port for a moment.
	for deadline := time.Now().Add(patience); ; {
		err := e.start(u.Port())
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "EADDRINUSE") || time.Now().After(deadline) {
			e.t.Fatal(err)
		}
	}
}

// Pid is the server's process.
func (e *Engine) Pid() int { return e.cmd.Process.Pid }

// end is what the test's end does.
func (e *Engine) end() {
	if e.cmd != nil {
		_ = e.cmd.Process.Kill() // nothing of it is needed any more
		e.reap()
	}
	if e.t.Failed() {
		if said := e.said(); said != "" {
			e.t.Logf("SurrealDB said:%s", said)
		}
	}
	_ = e.log.Close()
}

// shared is the one engine in memory of the test binary. Its standard input ends
// with the process, and it with that.
var shared = sync.OnceValues(func() (*Engine, error) { return launch(Options{}) })

// SharedEngine returns the engine that Shared's databases are on. It must not be
// killed, stopped or restarted.
func SharedEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Bin is the path of the server, for tests of the server itself.
func Bin(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Clean(path)
}
