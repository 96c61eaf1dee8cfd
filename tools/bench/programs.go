package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// example is the pipeline whose programs are measured.
const example = "./examples/aviation"

func programMeasurements() []measurement {
	return []measurement{
		{name: "program/serve", run: measureServe},
		{name: "program/dev, filled build cache", run: func(dir string) ([]figure, error) { return measureDev(dir, nil) }},
		{name: "program/dev, empty build cache", run: func(dir string) ([]figure, error) {
			return measureDev(dir, []string{"GOCACHE=" + filepath.Join(dir, "cache")})
		}},
	}
}

// root returns the directory of the module.
func root() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "rivers.io").Output()
	return strings.TrimSpace(string(out)), err
}

// measureServe builds the pipeline and times it from its start to SERVING.
func measureServe(dir string) ([]figure, error) {
	top, err := root()
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(dir, "aviation")
	build := exec.Command("go", "build", "-o", binary, example)
	build.Dir = top
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return nil, err
	}
	best := time.Hour
	for n := range 5 {
		took, err := startAndStop(binary, filepath.Join(dir, fmt.Sprint(n)))
		if err != nil {
			return nil, err
		}
		best = min(best, took)
	}
	return []figure{
		{Name: "start to SERVING, best of 5, new database", Value: milliseconds(best), Unit: "ms", Aim: "under 150 ms"},
		{Name: "size of the pipeline's binary", Value: float64(info.Size()) / (1 << 20), Unit: "MiB"},
	}, nil
}

func startAndStop(binary, dir string) (time.Duration, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	announce := filepath.Join(dir, "announce")
	cmd := exec.Command(binary, "serve", "--grpc-port", "0", "--announce", announce, "--storage-path", filepath.Join(dir, "rivers.db"))
	cmd.Dir = dir
	took, err := timed(func() error {
		if err := cmd.Start(); err != nil {
			return err
		}
		for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(500 * time.Microsecond) {
			if _, err := os.Stat(announce); err == nil {
				return nil
			}
		}
		return errors.New("it does not serve within a minute")
	})
	if cmd.Process != nil {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		err = errors.Join(err, cmd.Wait())
	}
	return took, err
}

// measureDev times the README's first command up to the first page. Modules are
// downloaded already.
func measureDev(dir string, env []string) ([]figure, error) {
	top, err := root()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	state := filepath.Join(dir, "state")
	cmd := exec.CommandContext(ctx, "go", "run", "./cli/riversctl", "dev", example, "--state-dir", state, "--port", "0", "--grpc-port", "0")
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = top
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	took, err := timed(func() error {
		if err := cmd.Start(); err != nil {
			return err
		}
		url, err := printedURL(out)
		if err != nil {
			return err
		}
		return getPage(ctx, url)
	})
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	_ = cmd.Wait() // go run reports the signal as a failure
	return []figure{{Name: "go run … dev to the first page", Value: took.Seconds(), Unit: "s"}}, err
}

// printedURL waits for the line that names the UI.
func printedURL(out io.Reader) (string, error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && fields[0] == "UI" {
			return fields[1], nil
		}
	}
	return "", errors.Join(errors.New("it ended without naming its URL"), lines.Err())
}

func getPage(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return nil
}
