package driver_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/store/driver"
)

// said makes a source that calls its settings by a prefix.
func said(whole bool, prefix string, values map[driver.Setting]string) driver.Source {
	names := map[driver.Setting]string{}
	for setting, name := range map[driver.Setting]string{
		driver.Path: "path", driver.Endpoint: "endpoint", driver.Namespace: "namespace",
		driver.Name: "database", driver.Username: "user", driver.Password: "password",
	} {
		names[setting] = prefix + name
	}
	return driver.Source{Values: values, Names: names, Whole: whole}
}

type settings = map[driver.Setting]string

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		reason          string
		line, env, file settings
		want            driver.Database
		fails           string
	}{
		{reason: "nobody says anything", want: driver.Database{Path: "default.db"}},
		{reason: "the environment alone", env: settings{driver.Path: "e.db"}, want: driver.Database{Path: "e.db"}},
		{
			reason: "the first that names one decides which kind it is",
			line:   settings{driver.Path: "l.db"}, env: settings{driver.Endpoint: "ws://e"}, want: driver.Database{Path: "l.db"},
		},
		{
			reason: "and so the other way round",
			line:   settings{driver.Endpoint: "ws://l"}, env: settings{driver.Path: "e.db"},
			want: driver.Database{Server: driver.Server{Endpoint: "ws://l", Namespace: "rivers", Database: "main"}},
		},
		{
			reason: "the rest comes from wherever it is said first",
			line:   settings{driver.Name: "l"}, env: settings{driver.Endpoint: "ws://e", driver.Username: "u", driver.Password: "p"},
			file: settings{driver.Endpoint: "ws://f", driver.Namespace: "f", driver.Name: "f"},
			want: driver.Database{Server: driver.Server{Endpoint: "ws://e", Namespace: "f", Database: "l", User: "u", Password: "p"}},
		},
		{reason: "both at once", line: settings{driver.Path: "l.db", driver.Endpoint: "ws://l"}, fails: "--path and --endpoint name two databases"},
		{reason: "both in the environment", env: settings{driver.Path: "l.db", driver.Endpoint: "ws://l"}, fails: "E_path and E_endpoint name two"},
		{reason: "a server's setting for a file", line: settings{driver.Namespace: "n"}, fails: "--namespace says something about a server"},
		{reason: "which the environment may have for other calls", env: settings{driver.Namespace: "n"}, want: driver.Database{Path: "default.db"}},
		{reason: "a password of nobody", env: settings{driver.Endpoint: "ws://e", driver.Password: "hunter2"}, fails: "E_password is there but no user"},
		{reason: "a user without", line: settings{driver.Endpoint: "ws://e", driver.Username: "u"}, fails: `--user names user "u", whose password`},
		{
			reason: "a user with the password of another", line: settings{driver.Endpoint: "ws://e", driver.Username: "u"},
			env: settings{driver.Username: "v", driver.Password: "hunter2"}, fails: `E_password is the password of "v"`,
		},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			got, err := driver.Choose("default.db", said(true, "--", tt.line), said(false, "E_", tt.env), said(false, "F_", tt.file))
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%v, want %q", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestViewer(t *testing.T) {
	server := driver.Database{Server: driver.Server{Endpoint: "ws://e", User: "w", Password: "p"}}
	for _, tt := range []struct {
		reason string
		of     driver.Database
		env    map[string]string
		user   string
		fails  bool
	}{
		{"the same login when no other is named", server, nil, "w", false},
		{"the viewer's when it is", server, map[string]string{driver.EnvViewerUsername: "v", driver.EnvViewerPassword: "q"}, "v", false},
		{"half of one", server, map[string]string{driver.EnvViewerUsername: "v"}, "", true},
		{"a file has no logins", driver.Database{Path: "x"}, map[string]string{driver.EnvViewerUsername: "v"}, "", false},
	} {
		got, err := tt.of.Viewer(func(k string) string { return tt.env[k] })
		if (err != nil) != tt.fails || !tt.fails && got.Server.User != tt.user {
			t.Errorf("%s: %s, %v", tt.reason, got.Server.User, err)
		}
	}
}

// TestSecrets: a database can be printed.
func TestSecrets(t *testing.T) {
	d := driver.Database{Server: driver.Server{Endpoint: "ws://e", User: "u", Password: "hunter2"}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "database", d, "server", d.Server)
	text := fmt.Sprintf("%v %+v %#v %v %+v %#v", d, d, d, d.Server, &d.Server, struct{ D driver.Database }{d}) + log.String()
	if strings.Contains(text, "hunter2") || !strings.Contains(text, "ws://e") {
		t.Error(text)
	}
}
