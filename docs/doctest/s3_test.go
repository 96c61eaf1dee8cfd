package doctest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// startS3 runs a real S3 server with one bucket, and returns the environment that
// reaches it.
func startS3(t *testing.T, port, bucket string) []string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), versitygw(t), "--port", "127.0.0.1:"+port, "posix", dir)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY=docs", "ROOT_SECRET_KEY=docs-secret")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "http://127.0.0.1:"+port) {
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for lines.Scan() { // keeps the pipe from filling
				}
				_ = cmd.Wait() // ended by the signal of Cancel
			}()
			t.Cleanup(func() { <-ended })
			return []string{
				"AWS_ACCESS_KEY_ID=docs", "AWS_SECRET_ACCESS_KEY=docs-secret", "AWS_EC2_METADATA_DISABLED=true",
				"AWS_CONFIG_FILE=" + filepath.Join(dir, "none"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(dir, "none"),
			}
		}
	}
	t.Fatalf("the S3 server did not start: %v", cmd.Wait())
	return nil
}

// versitygw returns the path of the server, built once unless it is given.
func versitygw(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("RIVERS_TEST_VERSITYGW"); path != "" {
		return path
	}
	cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "tools", "s3", "build.sh"))
	cmd.Stderr = t.Output()
	path, err := cmd.Output()
	if err != nil {
		t.Fatalf("build versitygw: %v", err)
	}
	return strings.TrimSpace(string(path))
}
