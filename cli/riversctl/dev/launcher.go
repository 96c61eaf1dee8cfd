package dev

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"rivers.io/cli/riversctl/child"
	"rivers.io/cli/riversctl/project"
	"rivers.io/cli/riversctl/supervise"
	"rivers.io/internal/ports"
	"rivers.io/runtime/store/driver"
)

// launcher starts builds as children.
type launcher struct {
	spawner  *child.Spawner
	state    project.Dir
	dir      string
	env      []string
	module   string
	values   string
	database driver.Database
	// logLevel is what the pipeline's own log tells.
	logLevel string
	// noDaemon leaves the pipeline's background loops out.
	noDaemon bool
	port     ports.Wanted
	console  *console
}

var _ supervise.Launcher = (*launcher)(nil)

// Launch starts a build. It takes the wanted port while that is free; the registry
// tells everyone where it is.
func (l *launcher) Launch(b supervise.Build, n int) (supervise.Child, error) {
	id, err := l.state.Identity(b.Name)
	if err != nil {
		return nil, err
	}
	port, err := l.choosePort(n)
	if err != nil {
		return nil, err
	}
	announce := filepath.Join(l.state.Run(), fmt.Sprintf("%d.json", n))
	args := []string{
		"serve", "--host", l.port.Host, "--grpc-port", strconv.Itoa(port),
		"--values-url", l.values,
		"--namespace", project.Namespace, "--name", b.Name, "--id", id,
		"--token-file", l.state.TokenFile(), "--announce", announce, "--log-level", l.logLevel,
	}
	args = append(args, l.storage()...)
	if l.module != "" {
		args = append(args, "--module", l.module)
	}
	if l.noDaemon {
		args = append(args, "--no-daemon")
	}
	return l.spawner.Start(child.Spec{
		Path: b.Path, Args: args, Dir: l.dir, Announce: announce,
		Env:   slices.Concat(l.env, l.login(), []string{"RIVERS_CODE_LOCATION_IMAGE=" + buildName(b.ID)}),
		Print: func(line string) { l.console.child(b.Name, line) },
	})
}

// storage says on the command line where the database is, whatever the environment
// says; who signs in there stands in none.
func (l *launcher) storage() []string {
	if l.database.Embedded() {
		return []string{"--storage-path", l.database.Path}
	}
	s := l.database.Server
	return []string{"--surreal-endpoint", s.Endpoint, "--surreal-namespace", s.Namespace, "--surreal-database", s.Database}
}

// login says in the environment who signs in. The reader's password is not the
// pipeline's.
func (l *launcher) login() []string {
	s := l.database.Server
	return []string{
		driver.EnvUsername + "=" + s.User, driver.EnvPassword + "=" + s.Password,
		driver.EnvViewerUsername + "=", driver.EnvViewerPassword + "=",
	}
}

// buildName is how a local build is called where an image would be.
func buildName(id string) string { return "local-" + id }

// choosePort returns the wanted port for the first generation, by the rules of
// ports; the same for later ones while it is free, and else any.
func (l *launcher) choosePort(n int) (int, error) {
	if n == 1 {
		port, err := ports.Free(l.port)
		l.port.Port, l.port.Fixed = port, true
		return port, err
	}
	port, err := ports.Free(l.port)
	var taken *ports.TakenError
	if errors.As(err, &taken) {
		return 0, nil
	}
	return port, err
}
