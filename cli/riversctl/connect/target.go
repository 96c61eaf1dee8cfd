package connect

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"rivers.io/cli/riversctl/contexts"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/project"
)

// Target is where a rivers is.
type Target struct {
	// Registry is the gRPC address of the registry, host:port.
	Registry string
	// TLS says that the registry and the locations are reached over TLS.
	TLS bool
	// Token opens registry and locations; empty sends none.
	Token string
	// Namespace is the namespace of the locations.
	Namespace string
	// Location is the location meant when a command names none; may be empty.
	Location string
	// URL is the web UI, when known.
	URL string
	// Origin says where all this was found, for messages.
	Origin string
}

// Wish is what the command line says about the target; empty fields say nothing.
type Wish struct {
	Server, TokenFile, Context, Namespace, Location string
	// StateDir is the state directory of a running dev.
	StateDir string
}

// Find decides on the target: a server or a state directory given by flag, a context
// given by flag, the current context, or the dev that runs for dir or a directory
// above it.
func Find(w Wish, store contexts.File, dir string) (Target, error) {
	t, err := find(w, store, dir)
	if err != nil {
		return Target{}, err
	}
	if w.TokenFile != "" {
		if t.Token, err = readToken(w.TokenFile); err != nil {
			return Target{}, err
		}
	}
	if w.Namespace != "" {
		t.Namespace = w.Namespace
	}
	if w.Location != "" {
		t.Location = w.Location
	}
	return t, nil
}

func find(w Wish, store contexts.File, dir string) (Target, error) {
	if w.Server != "" {
		return server(w.Server, "--server")
	}
	if w.StateDir != "" {
		return local(project.At(w.StateDir))
	}
	name, c, err := store.Pick(w.Context)
	if err != nil {
		return Target{}, exit.Usagef("%w", err)
	}
	if name == contexts.Local {
		return local(project.Find(dir))
	}
	t, err := server(c.Server, fmt.Sprintf("context %q", name))
	if err != nil {
		return Target{}, err
	}
	if c.Namespace != "" {
		t.Namespace = c.Namespace
	}
	t.Location = c.Location
	if c.TokenFile != "" && w.TokenFile == "" {
		t.Token, err = readToken(c.TokenFile)
	}
	return t, err
}

// local turns what was found of a dev into a target.
func local(dev project.Dev, err error) (Target, error) {
	if errors.Is(err, project.ErrNoDev) {
		return Target{}, exit.Unreachablef("%w: start one with `riversctl dev DIR`, change into its project, or name a registry with --server", err)
	}
	if err != nil {
		return Target{}, err
	}
	return Target{
		Registry: dev.Registry, Token: dev.Token, Namespace: dev.Namespace, URL: dev.URL,
		Origin: fmt.Sprintf("riversctl dev in %s", dev.Project),
	}, nil
}

// server reads the address of a registry: host:port, grpc://host:port, or
// grpcs://host:port for TLS.
func server(text, origin string) (Target, error) {
	t := Target{Namespace: project.Namespace, Origin: origin}
	scheme, address, ok := strings.Cut(text, "://")
	if !ok {
		scheme, address = "grpc", text
	}
	switch scheme {
	case "grpc":
	case "grpcs":
		t.TLS = true
	case "http", "https":
		return t, exit.Usagef("%s: %s is the address of a web UI; give the gRPC address of the registry, such as 127.0.0.1:50052 (`riversctl dev` prints it)", origin, text)
	default:
		return t, exit.Usagef("%s: unknown scheme in %q: give host:port, grpc://host:port or grpcs://host:port", origin, text)
	}
	host, port, err := net.SplitHostPort(strings.TrimSuffix(address, "/"))
	if err != nil || host == "" || port == "" {
		return t, exit.Usagef("%s: %q is no address: give host:port", origin, text)
	}
	t.Registry = (&url.URL{Host: net.JoinHostPort(host, port)}).Host
	return t, nil
}

func readToken(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", exit.Usagef("token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if token == "" {
		return "", exit.Usagef("token: %s is empty", path)
	}
	return token, nil
}
