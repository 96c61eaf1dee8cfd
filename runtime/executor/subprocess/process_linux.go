package subprocess

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// sysProcAttr gives the child a group of its own and lets it die with us.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// ownImage names the file that this process runs, whatever lies at its path now.
// A child resolves the name before it becomes another program, so that it finds
// its parent's file.
func ownImage() string {
	const image = "/proc/self/exe"
	if _, err := os.Stat(image); err != nil {
		return ""
	}
	return image
}

// awaitExit waits until a child ended and leaves it to be waited for, so that its
// pid stays its own.
func awaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}
