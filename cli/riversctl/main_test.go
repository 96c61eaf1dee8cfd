//go:build unix

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fsnotify/fsnotify"
	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"rivers.io/cli/riversctl/project"
	riversv1 "rivers.io/proto/rivers/v1"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"riversctl": func() { os.Exit(run()) }})
}

// TestScript runs the files of testdata/script, each of which reads like a session.
func TestScript(t *testing.T) { testscript.Run(t, scripts(t, "script")) }

// scripts are the sessions in a directory of testdata.
func scripts(t *testing.T, dir string) testscript.Params {
	t.Helper()
	inherited := goEnv(t, "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOSUMDB", "GONOSUMDB", "GOTOOLCHAIN")
	return testscript.Params{
		Dir: filepath.Join("testdata", dir),
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, inherited...)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, ".config"))
			e.Setenv("GOWORK", "off")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serving": serving, "exitcode": exitCode, "storm": storm, "executed": executed,
		},
	}
}

// goEnv returns settings of the go command that depend on the home directory.
func goEnv(t *testing.T, names ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var vars []string
	for i, value := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		vars = append(vars, names[i]+"="+value)
	}
	return vars
}

// serving waits for the dev of a project: "serving DIR" until it serves, "serving DIR
// another" until it serves another build than at the last such wait, and "serving DIR
// MESSAGE" until it serves with MESSAGE in its entry.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: serving DIR [another | MESSAGE]")
	}
	before := ts.Getenv("SERVING")
	ok := func(l *riversv1.CodeLocation) bool { return l.GetMessage() == "" }
	if len(args) == 2 && args[1] == "another" {
		ok = func(l *riversv1.CodeLocation) bool { return l.GetMessage() == "" && l.GetImage() != before }
	} else if len(args) == 2 {
		ok = func(l *riversv1.CodeLocation) bool { return strings.Contains(l.GetMessage(), args[1]) }
	}
	dev, err := findDev(project.Dir(filepath.Join(ts.MkAbs(args[0]), project.DirName)))
	ts.Check(err)
	image, err := awaitServing(dev, ok)
	ts.Check(err)
	ts.Setenv("SERVING", image)
}

// findDev waits for dev.json to be written.
func findDev(dir project.Dir) (project.Dev, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return project.Dev{}, err
	}
	defer w.Close()
	for {
		// The nearest directory that exists is watched before it is looked into.
		at := string(dir)
		for w.Add(at) != nil {
			at = filepath.Dir(at)
		}
		dev, err := dir.ReadDev()
		if err == nil && dir.Alive() {
			return dev, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return dev, err
		}
		<-w.Events
	}
}

// awaitServing returns the build that serves once the entry is as wanted.
func awaitServing(dev project.Dev, ok func(*riversv1.CodeLocation) bool) (string, error) {
	conn, err := grpc.NewClient(dev.Registry, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+dev.Token))
	defer cancel()
	watch, err := riversv1.NewRegistryServiceClient(conn).WatchCodeLocations(ctx, &riversv1.WatchCodeLocationsRequest{})
	if err != nil {
		return "", err
	}
	for {
		e, err := watch.Recv()
		if err != nil {
			return "", err
		}
		if l := e.GetCodeLocation(); l.GetEndpoint() != "" && ok(l) {
			return l.GetImage(), nil
		}
	}
}

// exitCode runs a command that must end with a code: "exitcode CODE COMMAND…".
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE COMMAND…")
	}
	got := 0
	var exited *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exited) {
		got = exited.ExitCode()
	} else {
		ts.Check(err)
	}
	if want := args[0]; want != strconv.Itoa(got) {
		ts.Fatalf("%s ended with exit code %d, want %s", strings.Join(args[1:], " "), got, want)
	}
}
