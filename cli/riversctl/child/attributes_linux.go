package child

import "syscall"

// attributes put the child into a process group of its own, so that a Ctrl-C at
// the terminal reaches only us, and kill it when we die.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
