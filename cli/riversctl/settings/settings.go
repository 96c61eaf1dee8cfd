// Package settings finds the value of each setting of riversctl: a flag wins over
// an environment variable RIVERS_<GROUP>_<KEY>, which wins over the nearest
// rivers.toml, which wins over the default.
//
// The environment and the working directory are given to it: the package reads
// neither on its own, and never prints a value.
package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"rivers.io/cli/riversctl/nearest"
)

// FileName is the name of the settings file.
const FileName = "rivers.toml"

// file is the shape of rivers.toml.
type file struct {
	Module struct {
		Path *string `toml:"path"`
	} `toml:"module"`
	Server struct {
		Host         *string `toml:"host"`
		Port         *int    `toml:"port"`
		GRPCPort     *int    `toml:"grpc_port"`
		RegistryPort *int    `toml:"registry_port"`
	} `toml:"server"`
	Storage struct {
		Path *string `toml:"path"`
	} `toml:"storage"`
	Surreal struct {
		Endpoint  *string `toml:"endpoint"`
		Namespace *string `toml:"namespace"`
		Database  *string `toml:"database"`
		Username  *string `toml:"username"`
	} `toml:"surreal"`
	Values struct {
		URL *string `toml:"url"`
	} `toml:"values"`
}

// Key is one setting.
type Key struct {
	// Name is group.key, as in rivers.toml.
	Name string
	// Default is what holds when nobody says otherwise.
	Default string
	// Usage is what the setting is for.
	Usage string

	number bool
	path   bool // relative to the file that gives it
	in     func(*file) any
}

// Env returns the environment variable of the key.
func (k Key) Env() string {
	return "RIVERS_" + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
}

// Keys are all settings, in the order of the documentation.
var Keys = []Key{
	{Name: "module.path", Default: ".", Usage: "the pipeline: the directory of its main package", path: true,
		in: func(f *file) any { return f.Module.Path }},
	{Name: "server.host", Default: "127.0.0.1", Usage: "the address to listen on",
		in: func(f *file) any { return f.Server.Host }},
	{Name: "server.port", Default: "3000", Usage: "the port of the web UI and of REST", number: true,
		in: func(f *file) any { return f.Server.Port }},
	{Name: "server.grpc_port", Default: "3001", Usage: "the port of the pipeline's first build", number: true,
		in: func(f *file) any { return f.Server.GRPCPort }},
	{Name: "server.registry_port", Default: "50052", Usage: "the port of the registry", number: true,
		in: func(f *file) any { return f.Server.RegistryPort }},
	{Name: "storage.path", Default: "", Usage: "the database; by default rivers.db in the state directory", path: true,
		in: func(f *file) any { return f.Storage.Path }},
	{Name: "surreal.endpoint", Default: "", Usage: "a SurrealDB instead of the file, as ws://HOST:PORT or wss://HOST:PORT",
		in: func(f *file) any { return f.Surreal.Endpoint }},
	{Name: "surreal.namespace", Default: "", Usage: "the namespace on the SurrealDB; by default rivers",
		in: func(f *file) any { return f.Surreal.Namespace }},
	{Name: "surreal.database", Default: "", Usage: "the database in the namespace; by default main",
		in: func(f *file) any { return f.Surreal.Database }},
	{Name: "surreal.username", Default: "", Usage: "the user of the database; its password is RIVERS_SURREAL_PASSWORD alone",
		in: func(f *file) any { return f.Surreal.Username }},
	{Name: "values.url", Default: "", Usage: "the blob store of values; by default values in the state directory",
		in: func(f *file) any { return f.Values.URL }},
}

// Value is a setting that was found.
type Value struct {
	// Text is the value.
	Text string
	// From says where it was found, for people; empty is the default.
	From string
	// InFile says that it was found in rivers.toml.
	InFile bool
}

// Set reports whether somebody gave the value.
func (v Value) Set() bool { return v.From != "" }

// Int returns a number that Load has checked.
func (v Value) Int() int {
	n, _ := strconv.Atoi(v.Text) // checked by Load
	return n
}

// Values holds every key by its name.
type Values map[string]Value

// Load finds the values: the environment is asked by lookup, and rivers.toml is
// sought from dir upwards, where the nearest one counts. All that is wrong is
// reported at once.
func Load(dir string, lookup func(string) (string, bool)) (Values, error) {
	f, path, err := nearestFile(dir)
	if err != nil {
		return nil, err
	}
	values := Values{}
	var problems []error
	for _, k := range Keys {
		v := Value{Text: k.Default}
		if text, ok := fromFile(k, f, path); ok {
			v = Value{Text: text, From: path, InFile: true}
		}
		if text, ok := lookup(k.Env()); ok && text != "" { // empty counts as unset
			v = Value{Text: text, From: "the environment variable " + k.Env()}
		}
		problems = append(problems, k.check(v))
		values[k.Name] = v
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return values, nil
}

func (k Key) check(v Value) error {
	if !k.number {
		return nil
	}
	n, err := strconv.Atoi(v.Text)
	if err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%s: %s is %q, which is no port number", v.From, k.Name, v.Text)
	}
	return nil
}

func fromFile(k Key, f *file, path string) (string, bool) {
	if f == nil {
		return "", false
	}
	switch v := k.in(f).(type) {
	case *string:
		if v == nil {
			return "", false
		}
		if k.path && !filepath.IsAbs(*v) {
			return filepath.Join(filepath.Dir(path), *v), true
		}
		return *v, true
	case *int:
		if v != nil {
			return strconv.Itoa(*v), true
		}
	}
	return "", false
}

func nearestFile(dir string) (*file, string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, "", err
	}
	for at := abs; ; at = filepath.Dir(at) {
		path := filepath.Join(at, FileName)
		raw, err := os.ReadFile(path)
		if err == nil {
			f, err := parse(path, raw)
			return f, path, err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, "", err
		}
		if at == filepath.Dir(at) {
			return nil, "", nil
		}
	}
}

func parse(path string, raw []byte) (*file, error) {
	var f file
	dec := toml.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(&f)
	var unknown *toml.StrictMissingError
	var syntax *toml.DecodeError
	switch {
	case err == nil:
		return &f, nil
	case errors.As(err, &unknown):
		var problems []error
		for _, e := range unknown.Errors {
			line, _ := e.Position()
			problems = append(problems, fmt.Errorf("%s:%d: unknown key %s%s", path, line, strings.Join(e.Key(), "."), hint(e.Key())))
		}
		return nil, errors.Join(problems...)
	case errors.As(err, &syntax):
		line, column := syntax.Position()
		return nil, fmt.Errorf("%s:%d:%d: %w", path, line, column, err)
	default:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
}

// hint names the key that was probably meant.
func hint(key []string) string {
	if strings.Contains(strings.ToLower(key[len(key)-1]), "password") {
		return "; a password does not belong into a file that is shared: set RIVERS_SURREAL_PASSWORD"
	}
	var names []string
	for _, k := range Keys {
		names = append(names, k.Name)
		if group, _, _ := strings.Cut(k.Name, "."); len(key) == 1 {
			names = append(names, group)
		}
	}
	if meant, ok := nearest.To(strings.Join(key, "."), names); ok {
		return "; did you mean " + meant + "?"
	}
	return ""
}
