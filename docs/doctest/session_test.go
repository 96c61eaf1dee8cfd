package doctest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestSessions runs the commands of every page. Pages with the same prelude share
// what it started.
func TestSessions(t *testing.T) {
	shared := map[string]*place{}
	for _, p := range pages(t) {
		commands := false
		for _, b := range p.blocks {
			commands = commands || b.lang == "console"
		}
		if !commands {
			continue
		}
		at := shared[strings.Join(p.prelude, "\n")]
		if at == nil || len(p.prelude) == 0 {
			at = newPlace(t)
			shared[strings.Join(p.prelude, "\n")] = at
			for _, line := range p.prelude {
				at.prepare(t, line)
			}
		}
		t.Run(p.path, func(t *testing.T) { runPage(t, p, at) })
		if len(p.prelude) == 0 {
			at.stop()
		}
	}
}

// runPage runs the blocks of one page.
func runPage(t *testing.T, p page, at *place) {
	sh := newShell(t, at.dir, at.env)
	for _, b := range p.blocks {
		if path := b.args["write"]; path != "" {
			at.write(t, path, b.text)
		}
		if b.lang == "console" {
			at.console(t, sh, b)
		}
	}
}

// place is where the pages of one session work.
type place struct {
	dir  string
	env  []string
	port map[string]string // the address in the page, the one in use
	dev  *dev
}

func newPlace(t *testing.T) *place {
	t.Helper()
	at := &place{dir: t.TempDir(), port: map[string]string{}}
	home := t.TempDir()
	at.env = append(os.Environ(),
		"PATH="+filepath.Dir(programs(t).riversctl)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"),
	)
	at.env = append(at.env, goEnv(t)...)
	for _, p := range []struct{ page, variable string }{
		{"3000", "RIVERS_SERVER_PORT"}, {"3001", "RIVERS_SERVER_GRPC_PORT"}, {"50052", "RIVERS_SERVER_REGISTRY_PORT"},
	} {
		at.env = append(at.env, p.variable+"="+at.free(t, p.page))
	}
	return at
}

// free picks a port for one of the page's and returns it.
func (at *place) free(t *testing.T, page string) string {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	_, port, _ := net.SplitHostPort(lis.Addr().String())
	at.port["127.0.0.1:"+page] = "127.0.0.1:" + port
	return port
}

// stop ends what runs in the background.
func (at *place) stop() {
	if at.dev != nil {
		at.dev.stop()
		at.dev = nil
	}
}

// prepare carries out a line of a prelude.
func (at *place) prepare(t *testing.T, line string) {
	t.Helper()
	switch {
	case strings.HasPrefix(line, "s3 "):
		at.env = append(at.env, startS3(t, at.free(t, "7070"), strings.TrimPrefix(line, "s3 "))...)
	case line == "surrealdb":
		at.env = append(at.env, at.startSurrealDB(t)...)
	default:
		at.start(t, line, nil)
	}
}

// write puts a file into the working directory. A dev that watches it builds anew.
func (at *place) write(t *testing.T, path, text string) {
	t.Helper()
	full := filepath.Join(at.dir, filepath.FromSlash(path))
	watched, n := at.dev != nil && filepath.Ext(full) == ".go" && strings.HasPrefix(full, at.dev.dir+"/"), 0
	if watched {
		printed, _ := at.dev.since(0)
		n = len(printed)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if watched {
		at.dev.until(t, n, "a new build", settled)
	}
}

// console runs the commands of one block.
func (at *place) console(t *testing.T, sh *shell, b block) {
	t.Helper()
	steps := steps(b.text)
	for i, s := range steps {
		if s.command == "^C" {
			at.stop()
			continue
		}
		if isDev(s.command) {
			at.stop()
			at.start(t, s.command, s.want)
			continue
		}
		got, code := sh.run(t, at.there(s.command))
		for i := range got {
			got[i] = at.here(got[i])
		}
		if !matches(s.want, got) {
			t.Errorf("%s: $ %s\ngot:\n%s\nwant:\n%s", b, s.command, strings.Join(got, "\n"), strings.Join(s.want, "\n"))
		}
		if code != 0 && (i+1 == len(steps) || steps[i+1].command != "echo $?") {
			t.Errorf("%s: $ %s ends with %d", b, s.command, code)
		}
	}
}

// isDev reports whether a command runs until Ctrl-C.
func isDev(command string) bool {
	return strings.Contains(command, "riversctl dev")
}

// start runs a dev in the background until it serves and has printed want.
func (at *place) start(t *testing.T, command string, want []string) {
	t.Helper()
	line, dir := at.there(command), at.dir
	if strings.Contains(line, " ./examples/") || strings.Contains(line, " ./cli/") {
		line += " --state-dir " + filepath.Join(at.dir, ".rivers")
		dir = root
	} else if _, path, ok := strings.Cut(line, "dev "); ok && path != "" {
		dir = filepath.Join(at.dir, path)
		line = strings.Replace(line, "dev "+path, "dev .", 1)
	}
	at.dev = startDev(t, line, dir, at.env)
	at.dev.until(t, 0, "what the page says", func(got []string) bool {
		here := make([]string, len(got))
		for i := range got {
			here[i] = at.here(got[i])
		}
		return settled(got) && (len(want) == 0 || matches(append(want[:len(want):len(want)], "..."), here))
	})
}

// there turns a command of the page into one of the test.
func (at *place) there(command string) string {
	for page, real := range at.port {
		command = strings.ReplaceAll(command, page, real)
	}
	if !isDev(command) && strings.Contains(command, " ./examples/") {
		abs, _ := filepath.Abs(root)
		return fmt.Sprintf("(cd '%s' && %s)", abs, command)
	}
	return command
}

// here turns a line of output into one of the page.
func (at *place) here(line string) string {
	for page, real := range at.port {
		line = strings.ReplaceAll(line, real, page)
	}
	return line
}

// step is a command with what it prints.
type step struct {
	command string
	want    []string
}

func steps(text string) []step {
	var all []step
	for _, line := range lines(text) {
		switch {
		case strings.HasPrefix(line, "$ "):
			all = append(all, step{command: line[2:]})
		case line == "^C":
			all = append(all, step{command: line})
		case len(all) == 0:
			all = append(all, step{command: "false # output before the first command: " + line})
		case strings.HasPrefix(line, "> ") && len(all[len(all)-1].want) == 0:
			all[len(all)-1].command += "\n" + line[2:]
		default:
			last := &all[len(all)-1]
			last.want = append(last.want, line)
		}
	}
	for i := range all {
		all[i].want = lines(strings.Join(all[i].want, "\n"))
	}
	return all
}

type built struct{ riversctl string }

// buildDir is where programs were built; empty when none was.
var buildDir string

var build = sync.OnceValues(func() (built, error) {
	var err error
	if buildDir, err = os.MkdirTemp("", "rivers-docs-"); err != nil {
		return built{}, err
	}
	b := built{filepath.Join(buildDir, "riversctl")}
	cmd := exec.Command("go", "build", "-o", b.riversctl, "./cli/riversctl")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return b, fmt.Errorf("build riversctl: %w\n%s", err, out)
	}
	return b, nil
})

// programs builds what the pages use, once.
func programs(t *testing.T) built {
	t.Helper()
	b, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMain(m *testing.M) {
	code := m.Run()
	if buildDir != "" {
		_ = os.RemoveAll(buildDir) // in the directory of temporary files
	}
	os.Exit(code)
}

// goEnv keeps the go command's caches in place, whatever HOME is.
func goEnv(t *testing.T) []string {
	t.Helper()
	var env []string
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOFLAGS", "GOSUMDB", "GONOSUMDB", "GOTOOLCHAIN"} {
		out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(out)))
	}
	return append(env, "GOWORK=off")
}
