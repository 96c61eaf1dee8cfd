// Command riversctl develops, runs and inspects rivers pipelines. This file builds
// what the process has into app.Env and holds nothing else: the commands stand in
// the packages below it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mattn/go-isatty"

	"rivers.io/cli/riversctl/app"
	"rivers.io/cli/riversctl/exit"
)

func main() { os.Exit(run()) }

func run() int {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, app.Name+":", err)
		return 1
	}
	ctx, hurry := interrupts()
	return app.Run(ctx, app.Env{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Lookup: os.LookupEnv, Environ: os.Environ(), Dir: dir,
		Terminal: isatty.IsTerminal(os.Stdout.Fd()), Width: width(),
		Asks: isatty.IsTerminal(os.Stdin.Fd()) && isatty.IsTerminal(os.Stderr.Fd()),
		Now:  time.Now, Hurry: hurry, Version: version(), Checkout: checkout(),
	}, os.Args)
}

// interrupts ends the context at the first Ctrl-C or SIGTERM, closes hurry at the
// second and ends the process at the third.
func interrupts() (ctx context.Context, hurry <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	signals, now := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		close(now)
		<-signals
		os.Exit(exit.Interrupted)
	}()
	return ctx, now
}

// width is the number of columns of the terminal.
func width() int {
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return 80
	}
	return int(size.Col)
}

// version is the version that the build recorded; a build from a checkout says
// which commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "devel"
	}
	if info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

// checkout is the directory of the sources that this program was built from, where
// the build kept it.
func checkout() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return ""
	}
	return filepath.Dir(file)
}
