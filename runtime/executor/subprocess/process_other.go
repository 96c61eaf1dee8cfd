//go:build unix && !linux

package subprocess

import "syscall"

// sysProcAttr gives the child a group of its own.
func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// ownImage is not known here.
func ownImage() string { return "" }

// awaitExit cannot wait without taking the pid back.
func awaitExit(int) bool { return false }
