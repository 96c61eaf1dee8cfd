//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// storm saves a Go file every 200 ms while n copies of a command run at once, until
// all have ended well: "storm FILE N COMMAND…".
func storm(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if neg {
		ts.Fatalf("storm cannot be negated")
	}
	over, results := make(chan struct{}), make(chan string, n)
	var running sync.WaitGroup
	for range n {
		cmd := exec.Command(args[2], args[3:]...)
		cmd.Dir = ts.MkAbs(".")
		cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME")}
		running.Go(func() {
			out, err := cmd.CombinedOutput()
			if err != nil {
				results <- fmt.Sprintf("%v: %s", err, out)
			}
		})
	}
	go func() { running.Wait(); close(over) }()
	saves := time.NewTicker(200 * time.Millisecond)
	defer saves.Stop()
	for i := 0; ; i++ {
		text := fmt.Sprintf("package main\n\nvar saved = %d\n\nfunc init() {\n\tif saved < 0 {\n\t\tpanic(saved)\n\t}\n}\n", i)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
		select {
		case <-saves.C:
			continue
		case <-over:
		}
		close(results)
		for r := range results {
			ts.Fatalf("a run did not succeed: %s", r)
		}
		ts.Logf("%d saves", i+1)
		return
	}
}

// executed checks what steps wrote about themselves, "RUN KEY PID" a line:
// "executed FILE RUNS KEYS" wants so many runs with so many keys each, every key once
// and one process a run.
func executed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: executed FILE RUNS KEYS")
	}
	keys, process := map[string]map[string]bool{}, map[string]string{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		f := strings.Fields(line)
		if keys[f[0]] == nil {
			keys[f[0]], process[f[0]] = map[string]bool{}, f[2]
		}
		if keys[f[0]][f[1]] {
			ts.Fatalf("run %s carried out %s twice", f[0], f[1])
		}
		if process[f[0]] != f[2] {
			ts.Fatalf("run %s was carried out by the processes %s and %s", f[0], process[f[0]], f[2])
		}
		keys[f[0]][f[1]] = true
	}
	if args[1] != strconv.Itoa(len(keys)) {
		ts.Fatalf("%d runs, want %s", len(keys), args[1])
	}
	for run, of := range keys {
		if args[2] != strconv.Itoa(len(of)) {
			ts.Fatalf("run %s carried out %d keys, want %s", run, len(of), args[2])
		}
	}
}
