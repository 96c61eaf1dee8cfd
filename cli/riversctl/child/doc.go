// Package child starts the pipeline's own binary as a location and talks to it in
// the three ways that a process can be talked to: its announcement, its signals,
// and its end.
//
//	start ──▶ announces itself once it serves ──▶ SIGTERM: drains, then exits
//	     └──▶ exits before that: the last lines it printed say why
//
// Children end with this process: on Linux the kernel kills them when it dies. The
// package decides nothing about restarts; supervise does.
package child
