package surrealtest_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rivers.io/internal/surrealtest"
)

// server prepares the tool's own command line, with a password in its environment.
func server(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), surrealtest.Bin(t), args...)
	cmd.Env = append(os.Environ(), "SURREAL_PASS=secret")
	return cmd
}

// ready starts it and returns the line that says so.
func ready(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err, cmd.Wait())
	}
	return line
}

// TestCommandLine: what cannot work is refused with a sentence, and status 2.
func TestCommandLine(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, tt := range []struct {
		args []string
		pass string
		says string
	}{
		{nil, "x", "name a root user by --user, or say --unauthenticated"},
		{[]string{"--user", "root"}, "", "set SURREAL_PASS, or name a file by --pass-file"},
		{[]string{"--user", "root", "--pass-file", missing}, "", "missing"},
		{[]string{"--user", "root", "--unauthenticated"}, "x", "exclude each other"},
		{[]string{"--user", "root", "--port", "70000"}, "x", "--port 70000: not a port"},
		{[]string{"--password", "x"}, "x", "--password"},
		{[]string{"--unauthenticated", "--bind", "no address", "--port", "0"}, "", "listening on no address"},
		{[]string{"--unauthenticated", "--dir", filepath.Join(os.DevNull, "x"), "--port", "0"}, "", "the engine does not start"},
	} {
		cmd := server(t, tt.args...)
		cmd.Env = append(os.Environ(), "SURREAL_PASS="+tt.pass)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !bytes.Contains(out, []byte(tt.says)) {
			t.Errorf("%q: %v, %s; want status 2 and %q", tt.args, err, out, tt.says)
		}
	}
}

// TestEnds: a server ends with its standard input, by SIGTERM with status 0, and
// with the process that started it.
func TestEnds(t *testing.T) {
	t.Run("standard input", func(t *testing.T) {
		cmd := server(t, "--user", "root", "--port", "0", "--until-stdin-ends")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		ready(t, cmd)
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	t.Run("signal", func(t *testing.T) {
		cmd := server(t, "--user", "root", "--port", "0", "--dir", t.TempDir())
		if line := ready(t, cmd); !strings.HasSuffix(line, " backend=rocksdb\n") {
			t.Errorf("ready line %q", line)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	t.Run("parent", func(t *testing.T) {
		// The shell dies by SIGKILL; the pipe ends when the server is gone as well.
		cmd := exec.CommandContext(t.Context(), "sh", "-c", `"$0" --unauthenticated --port 0 & read -r line; kill -9 $$`, surrealtest.Bin(t))
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(in, "now\n"); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
			t.Errorf("%q, %v", rest, err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("the shell was to be killed")
		}
	})
}

// TestPasswordFile: the password is read without the line break at its end.
func TestPasswordFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pass")
	if err := os.WriteFile(file, []byte("with \"quotes\\\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := server(t, "--user", "ro`ot", "--pass-file", file, "--port", "0", "--until-stdin-ends")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	url := field(t, ready(t, cmd), "url")
	if status, body := post(t, url+"/sql", "RETURN 1", "ro`ot", `with "quotes\`); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if status, body := post(t, url+"/sql", "RETURN 1", "ro`ot", "wrong"); status == http.StatusOK {
		t.Errorf("with a wrong password: %s", body)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// field reads a word of a ready line; the scheme becomes HTTP's.
func field(t *testing.T, line, name string) string {
	t.Helper()
	for _, w := range strings.Fields(line) {
		if v, ok := strings.CutPrefix(w, name+"="); ok {
			return strings.Replace(v, "ws://", "http://", 1)
		}
	}
	t.Fatalf("no %s in %q", name, line)
	return ""
}

// client keeps no connection, whose goroutines would stay.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// post sends a body as a user, to the namespace and database x where they matter.
func post(t *testing.T, url, body, user, password string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Surreal-Ns": {"x"}, "Surreal-Db": {"x"}, "Accept": {"application/json"}}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestHTTP: the paths that clients use, and who may use them.
func TestHTTP(t *testing.T) {
	e := surrealtest.Start(t, surrealtest.Options{})
	base := strings.Replace(e.URL, "ws://", "http://", 1)
	root, pass := e.Root.User, e.Root.Password
	for _, tt := range []struct {
		path, body, user string
		status           int
		says             string
	}{
		{"/health", "", "", 200, ""},
		{"/version", "", "", 200, "surrealdb-" + e.Version},
		{"/nowhere", "", root, 404, ""},
		{"/sql", "RETURN 1", "", 401, "IAM error"},
		{"/sql", "RETURN [1.5, 7, 'x', NONE, d'2024-01-02T03:04:05.000000006Z', t:['a', 1], 9007199254740993]", root, 200,
			`[1.5,7,"x",null,"2024-01-02T03:04:05.000000006Z","t:[\"a\",1]","9007199254740993"]`},
		{"/sql?name=value", "RETURN $name", root, 200, `"result":"value"`},
		{"/sql", "SELECT * FROM (", root, 400, "Parse error"},
		{"/import", "DEFINE TABLE t; CREATE t:1 SET n = 1;", root, 200, `"status":"OK"`},
		{"/export", "", root, 200, "DEFINE TABLE t "},
		{"/export", "", "", 401, "IAM error"},
		{"/rpc", "no CBOR", root, 400, "Request problems"},
	} {
		status, text := post(t, base+tt.path, tt.body, tt.user, pass)
		if status != tt.status || !strings.Contains(text, tt.says) {
			t.Errorf("%s %s: %d %s, want %d %s", tt.path, tt.body, status, text, tt.status, tt.says)
		}
	}
}
