//go:build unix && !linux

package subprocess

import "syscall"

// sysProcAttr gives the child a group of its own.
func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
