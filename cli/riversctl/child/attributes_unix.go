//go:build unix && !linux

package child

import "syscall"

// attributes put the child into a process group of its own, so that a Ctrl-C at
// the terminal reaches only us. These systems cannot bind its life to ours.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
