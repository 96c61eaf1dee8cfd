package serve_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rivers.io/internal/surrealtest"
	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
)

// project is a state directory and the processes that use it.
type project struct {
	t        *testing.T
	dir      string
	pipeline string
	// server keeps the state when it is not nil; else a file does.
	server *surrealtest.Database
	env    []string
}

func newProject(t *testing.T, pipeline string) *project {
	return &project{t: t, dir: t.TempDir(), pipeline: pipeline}
}

func (p *project) path(name string) string { return filepath.Join(p.dir, name) }

// process is one running pipeline.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	addr string
	runs riversv1.RunServiceClient
	err  error // how it ended, once done is closed
	done chan struct{}
}

// command runs the pipeline's binary.
func (p *project) command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(p.t.Context(), self, args...)
	cmd.Env = append(append(os.Environ(), "RIVERS_TEST_PIPELINE="+p.pipeline), p.env...)
	cmd.Dir = p.dir
	return cmd
}

// database says on the command line where the state is.
func (p *project) database() []string {
	if p.server == nil {
		return []string{"--storage-path", p.path("rivers.db")}
	}
	return []string{
		"--surreal-endpoint", p.server.URL, "--surreal-namespace", p.server.Namespace, "--surreal-database", p.server.Database,
		"--values-url", "file://" + p.path("values"),
	}
}

// serve starts the pipeline and waits until it serves.
func (p *project) serve(args ...string) *process {
	p.t.Helper()
	return p.serveOn(append([]string{"--grpc-port", "0"}, args...)...)
}

// serveOn starts the pipeline on the port that the arguments say, or the default.
func (p *project) serveOn(args ...string) *process {
	p.t.Helper()
	announce := p.path("announce.json")
	_ = os.Remove(announce)
	cmd := p.command(slices.Concat([]string{"serve", "--announce", announce}, p.database(), args)...)
	log, err := os.OpenFile(p.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	proc := &process{t: p.t, cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(proc.done)
		proc.err = cmd.Wait()
	}()
	proc.addr = p.awaitAnnouncement(proc, announce)
	conn, err := grpc.NewClient(proc.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	proc.runs = riversv1.NewRunServiceClient(conn)
	return proc
}

func (p *project) awaitAnnouncement(proc *process, path string) string {
	p.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-proc.done:
			log, _ := os.ReadFile(p.path("log"))
			p.t.Fatalf("the pipeline ended before it served: %v\n%s", proc.err, log)
		case <-tick.C:
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		var a struct {
			GRPC string
			PID  int
		}
		if err != nil || json.Unmarshal(raw, &a) != nil {
			p.t.Fatalf("announcement %q: %v", raw, err)
		}
		return a.GRPC
	}
}

// kill ends the process as a power switch would.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
}

// terminate asks the process to end and returns its exit code.
func (p *process) terminate() int {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.done
	return p.cmd.ProcessState.ExitCode()
}

// open opens the project's database as another process.
func (p *project) open() store.Location {
	p.t.Helper()
	s, err := sqlite.Open(p.t.Context(), sqlite.Config{Path: p.path("rivers.db"), Mode: sqlite.ReadOnly})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = s.Close() })
	return s.Location(p.pipeline)
}

// run runs a command to its end.
func (p *project) run(args ...string) (out string, code int) {
	p.t.Helper()
	cmd := p.command(args...)
	raw, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

// order materializes and returns the run's id.
func (p *process) order(selection, partitions string) string {
	p.t.Helper()
	answer, err := p.runs.Materialize(p.t.Context(), &riversv1.MaterializeRequest{Selection: selection, Partitions: partitions})
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.GetRun().GetId()
}

// raise records a migration that only later builds can write after.
func (p *project) raise(ctx context.Context) {
	p.t.Helper()
	db, err := sql.Open("sqlite", p.path("rivers.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	const later = `INSERT INTO schema_migrations (version, applied_at, checksum, min_reader, min_writer) VALUES (1000, 0, 'later', 1000, 1000)`
	if _, err := db.ExecContext(ctx, later); err != nil {
		p.t.Fatal(err)
	}
}
