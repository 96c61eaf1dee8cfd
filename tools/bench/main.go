// Command bench measures whole pieces of rivers as their users meet them, each
// beside what bounds it, and prints one table. Every measurement runs in a process
// of its own, so that its peak memory is its own.
//
//	go run ./tools/bench            all
//	go run ./tools/bench runs       those whose name begins with "runs"
//
// The figures of one run may be compared with each other and with nothing else:
// machines differ and are noisy. The package must never assert a time.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// figure is one line of the table.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Beside says what the figure stands next to, and how they relate.
	Beside string `json:"beside,omitempty"`
	Aim    string `json:"aim,omitempty"`
}

// report is what a measurement tells.
type report struct {
	Figures []figure `json:"figures"`
	// PeakMiB is the largest resident size of the measuring process.
	PeakMiB float64 `json:"peakMiB"`
}

// measurement is one process of the bench.
type measurement struct {
	name string
	run  func(dir string) ([]figure, error)
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "-measure" {
		child(os.Args[2], os.Args[3])
		return
	}
	if err := parent(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measurements() []measurement {
	var all []measurement
	all = append(all, runMeasurements()...)
	all = append(all, graphMeasurements()...)
	all = append(all, partitionMeasurements()...)
	all = append(all, frameMeasurements()...)
	all = append(all, surrealMeasurements()...)
	return append(all, programMeasurements()...)
}

// parent runs the chosen measurements one after the other.
func parent(prefixes []string) error {
	fmt.Printf("rivers bench: %s/%s, %d CPUs, %s, %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), time.Now().Format(time.DateOnly))
	fmt.Println("| measurement | figure | beside | aim | peak memory |")
	fmt.Println("| --- | ---: | --- | --- | ---: |")
	var failed []error
	for _, m := range measurements() {
		if !chosen(m.name, prefixes) {
			continue
		}
		r, err := measure(m.name)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		for _, f := range r.Figures {
			fmt.Printf("| %s: %s | %s | %s | %s | %.0f MiB |\n", m.name, f.Name, format(f), f.Beside, f.Aim, r.PeakMiB)
		}
	}
	return errors.Join(failed...)
}

func chosen(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return len(prefixes) == 0
}

func format(f figure) string {
	switch {
	case f.Value >= 100 || f.Value == float64(int64(f.Value)):
		return fmt.Sprintf("%.0f %s", f.Value, f.Unit)
	case f.Value >= 1:
		return fmt.Sprintf("%.2f %s", f.Value, f.Unit)
	}
	return fmt.Sprintf("%.3f %s", f.Value, f.Unit)
}

// measure runs a measurement in a child and reads its report.
func measure(name string) (report, error) {
	var r report
	dir, err := os.MkdirTemp("", "rivers-bench-")
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, "-measure", name, dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("report %q: %w", out, err)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.PeakMiB = float64(usage.Maxrss) / 1024
	}
	return r, nil
}

// child carries out one measurement and prints its report.
func child(name, dir string) {
	for _, m := range append(measurements(), coldMeasurements()...) {
		if m.name != name {
			continue
		}
		figures, err := m.run(dir)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(report{Figures: figures})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	fmt.Fprintf(os.Stderr, "bench: no measurement %q\n", name)
	os.Exit(2)
}

// timed returns how long f takes.
func timed(f func() error) (time.Duration, error) {
	began := time.Now()
	err := f()
	return time.Since(began), err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
