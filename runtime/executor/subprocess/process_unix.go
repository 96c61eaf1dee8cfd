//go:build unix

package subprocess

import (
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// socketPair returns two connected ends: one for this process, one to inherit.
func socketPair() (net.Conn, *os.File, error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	file := os.NewFile(uintptr(fds[0]), "child")
	conn, err := net.FileConn(file)
	_ = file.Close()
	theirs := os.NewFile(uintptr(fds[1]), "parent")
	if err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}

// forks runs functions on one thread that lives as long as the process: a child
// that dies with its parent truly dies with the parent's thread that forked it.
var forks = sync.OnceValue(func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
})

func start(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	forks() <- func() { started <- cmd.Start() }
	return <-started
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
