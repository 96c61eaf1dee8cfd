package conn

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// Scope is where a user is defined, and so what it may see.
type Scope int

// The scopes of users, from the narrowest. The zero value is the one that a
// deployment should use.
const (
	// DatabaseScope: the user belongs to the one database.
	DatabaseScope Scope = iota
	// NamespaceScope: the user belongs to the namespace.
	NamespaceScope
	// RootScope: the user belongs to the whole server.
	RootScope
)

// String names the scope as messages do.
func (s Scope) String() string {
	switch s {
	case DatabaseScope:
		return "database"
	case NamespaceScope:
		return "namespace"
	case RootScope:
		return "root"
	}
	return fmt.Sprintf("scope %d", int(s))
}

// Credentials say who signs in. Without a user nobody does, as a server that was
// started unauthenticated allows.
type Credentials struct {
	// Scope is where the user is defined.
	Scope Scope
	// User and Password are its name and secret.
	User, Password string
}

// LogValue keeps the password out of logs.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("scope", c.Scope.String()), slog.String("user", c.User))
}

// String keeps the password out of messages.
func (c Credentials) String() string {
	if c.User == "" {
		return "nobody"
	}
	return fmt.Sprintf("%s user %q", c.Scope, c.User)
}

// GoString keeps the password out of dumps.
func (c Credentials) GoString() string { return c.String() }

// Config says what to connect to and how patiently. Only Endpoint, Namespace and
// Database are required.
type Config struct {
	// Endpoint is ws://HOST:PORT, or wss, http or https, with or without /rpc.
	Endpoint string
	// Namespace and Database are chosen on every connection.
	Namespace, Database string
	// Create lets the server make a namespace and database that do not exist, if
	// the user may. Without it they are an error.
	Create bool
	// Credentials are used anew on every connection; no token is ever kept.
	Credentials Credentials

	// SetUp bounds one attempt to connect, from the dial until the database is
	// chosen; 10 s by default.
	SetUp time.Duration
	// Heartbeat is how often a connection from which nothing is heard is asked for
	// a sign of life; 2 s by default.
	Heartbeat time.Duration
	// Silence is after how long without one, or without the peer taking what is
	// written, a connection counts as lost; 6 s by default.
	Silence time.Duration
	// MinBackoff and MaxBackoff bound the pause before a lost connection is
	// replaced, which doubles with every failure and is then chosen at random
	// between nothing and itself; 10 ms and 10 s by default.
	MinBackoff, MaxBackoff time.Duration
	// Patience is how long Query waits for a connection while there is none, before
	// it fails as surely not carried out; by default as long as its context.
	Patience time.Duration
	// MessageLimit is the largest answer in bytes; 128 MiB by default, which is the
	// server's own limit for requests.
	MessageLimit int64
	// QueueLimit is how many notifications wait for the reader of a subscription
	// before it ends with ErrGap; 8192 by default.
	QueueLimit int

	// Logger hears of connections lost and made; by default nobody does.
	Logger *slog.Logger
}

// complete checks the configuration and fills in what it leaves open.
func (c Config) complete() (Config, error) {
	var problems []error
	endpoint, err := endpointOf(c.Endpoint)
	if err != nil {
		problems = append(problems, err)
	}
	c.Endpoint = endpoint
	if c.Namespace == "" {
		problems = append(problems, errors.New("no namespace is named"))
	}
	if c.Database == "" {
		problems = append(problems, errors.New("no database is named"))
	}
	if c.Credentials.User == "" && c.Credentials.Password != "" {
		problems = append(problems, errors.New("there is a password but no user"))
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		usual time.Duration
	}{
		{"SetUp", &c.SetUp, 10 * time.Second},
		{"Heartbeat", &c.Heartbeat, 2 * time.Second},
		{"Silence", &c.Silence, 6 * time.Second},
		{"MinBackoff", &c.MinBackoff, 10 * time.Millisecond},
		{"MaxBackoff", &c.MaxBackoff, 10 * time.Second},
		{"Patience", &c.Patience, 0},
	} {
		if *d.value < 0 {
			problems = append(problems, fmt.Errorf("%s is negative: %s", d.name, *d.value))
		}
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	if c.MessageLimit <= 0 {
		c.MessageLimit = 128 << 20
	}
	if c.QueueLimit <= 0 {
		c.QueueLimit = 8192
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(problems...)
}

// endpointOf turns what people write into the address of the WebSocket.
func endpointOf(s string) (string, error) {
	if s == "" {
		return "", errors.New("no endpoint is named: want ws://HOST:PORT")
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", errors.New("the endpoint is no URL: want ws://HOST:PORT") // its text may hold a password
	}
	scheme, ok := map[string]string{"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}[u.Scheme]
	if !ok || u.Host == "" {
		return "", fmt.Errorf("endpoint %s: want ws://HOST:PORT or wss://HOST:PORT", u.Redacted())
	}
	if u.User != nil {
		return "", fmt.Errorf("endpoint %s: user and password do not belong into it", u.Redacted())
	}
	if path := strings.TrimSuffix(u.Path, "/"); path != "" && path != "/rpc" {
		return "", fmt.Errorf("endpoint %s: its path should be empty or /rpc", u.Redacted())
	}
	return (&url.URL{Scheme: scheme, Host: u.Host, Path: "/rpc"}).String(), nil
}
