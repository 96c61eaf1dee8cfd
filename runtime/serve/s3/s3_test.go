package s3_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rivers.io/runtime/iohandler/iohandlertest"
	_ "rivers.io/runtime/serve/s3"
)

// TestRealServer keeps values in versitygw, a real S3 server, on loopback.
func TestRealServer(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bucket"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	address := serve(t, dir)
	iohandlertest.Run(t, "s3://bucket?region=us-east-1&use_path_style=true&prefix=values/&endpoint=http://"+address)
	if found, err := filepath.Glob(filepath.Join(dir, "bucket", "values", "suite", "_", "*.parquet")); err != nil || len(found) == 0 {
		t.Errorf("the server holds no values below the prefix: %v", err)
	}
}

// serve starts the server on a free port and returns its address.
func serve(t *testing.T, dir string) string {
	t.Helper()
	address := freeAddress(t)
	cmd := exec.CommandContext(t.Context(), server(t), "--port", address, "posix", dir)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY=test", "ROOT_SECRET_KEY=test-secret")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "http://"+address) {
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for lines.Scan() { // keeps the pipe from filling
				}
				_ = cmd.Wait() // ended by the signal of Cancel
			}()
			t.Cleanup(func() { <-ended }) // runs once t.Context is canceled
			return address
		}
	}
	t.Fatalf("the server did not start: %v", cmd.Wait())
	return ""
}

// server returns the path of versitygw, built once unless it is given.
func server(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("RIVERS_TEST_VERSITYGW"); path != "" {
		return path
	}
	build := exec.CommandContext(t.Context(), "bash", filepath.Join("..", "..", "..", "tools", "s3", "build.sh"))
	build.Stderr = t.Output()
	path, err := build.Output()
	if err != nil {
		t.Fatalf("build versitygw: %v", err)
	}
	return strings.TrimSpace(string(path))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
