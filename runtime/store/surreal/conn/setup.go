package conn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/surrealdb/surrealdb.go/pkg/models"
)

// Refusal tells why a connection could not be set up.
type Refusal int

// The reasons for which Open fails.
const (
	// Unreachable: nothing answers at the endpoint.
	Unreachable Refusal = iota
	// NotSurrealDB: something answers there, but no SurrealDB.
	NotSurrealDB
	// TooOld: a SurrealDB before version 3.
	TooOld
	// BadCredentials: user and password are not accepted in that scope.
	BadCredentials
	// NoDatabase: the namespace or the database does not exist.
	NoDatabase
	// NotAllowed: the user may not use the namespace or database, or nobody signed
	// in and the server asks for it.
	NotAllowed
)

// OpenError says why a connection could not be set up, and the way out.
type OpenError struct {
	// Reason tells the errors apart.
	Reason Refusal
	// Endpoint, Namespace and Database are what was asked for.
	Endpoint, Namespace, Database string
	// Text says what is wrong and what to do about it.
	Text string
	// Err is the cause, if there is more to it.
	Err error
}

// Error names the endpoint, what is wrong there, and the way out.
func (e *OpenError) Error() string {
	s := fmt.Sprintf("surrealdb at %s: %s", strings.TrimSuffix(e.Endpoint, "/rpc"), e.Text)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

func (c Config) refuse(reason Refusal, err error, format string, args ...any) *OpenError {
	return &OpenError{
		Reason: reason, Endpoint: c.Endpoint, Namespace: c.Namespace, Database: c.Database,
		Text: fmt.Sprintf(format, args...), Err: err,
	}
}

// dialTCP opens the connection below the WebSocket.
func (l *link) dialTCP(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: min(l.cfg.SetUp, l.cfg.Silence), KeepAlive: 15 * time.Second}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.wire = &wire{Conn: c, patience: l.cfg.Silence}
	return l.wire, nil
}

// dialError says what kept a WebSocket from being opened.
func dialError(cfg Config, resp *http.Response, err error) error {
	if resp != nil {
		_ = resp.Body.Close() // holds no more than its beginning
		return cfg.refuse(NotSurrealDB, nil, "what answers is no SurrealDB, it says %s; check host and port", resp.Status)
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		return cfg.refuse(NotSurrealDB, nil, "what answers is no SurrealDB; check host and port")
	}
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &record):
		return cfg.refuse(NotSurrealDB, nil, "what answers does not speak TLS; use ws:// or check host and port")
	case errors.As(err, &authority), errors.As(err, &host):
		return cfg.refuse(Unreachable, err, "its certificate is not trusted; add its authority to those of this system")
	}
	return cfg.refuse(Unreachable, err, "cannot be reached; check host and port, and that the server runs")
}

// connect sets a link up: dial, version, sign in, database.
func connect(ctx context.Context, cfg Config) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, cfg.SetUp)
	defer cancel()
	l, err := dial(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := l.setUp(ctx); err != nil {
		l.shut(err)
		return nil, err
	}
	l.served.Store(false)
	return l, nil
}

func (l *link) setUp(ctx context.Context) error {
	if err := l.checkVersion(ctx); err != nil {
		return err
	}
	if err := l.signIn(ctx); err != nil {
		return err
	}
	return l.use(ctx)
}

// simple carries out a request whose parameters are known to encode.
func (l *link) simple(ctx context.Context, method string, params ...any) ([]byte, error) {
	m, err := newRequest(method, params...)
	if err != nil {
		return nil, err
	}
	return l.call(ctx, m)
}

// version asks the server, "surrealdb-3.0.2" without its first word.
func (l *link) version(ctx context.Context) (string, error) {
	span, err := l.simple(ctx, "version")
	if err != nil {
		return "", err
	}
	s, _, err := text(span)
	return strings.TrimPrefix(s, "surrealdb-"), err
}

// oldest is the first major version whose answers this package understands.
const oldest = 3

func (l *link) checkVersion(ctx context.Context) error {
	version, err := l.version(ctx)
	if err != nil {
		return l.setUpError(err, "does not tell its version")
	}
	first, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(first)
	if err != nil {
		return l.cfg.refuse(NotSurrealDB, nil, "its version is %q, which is none of SurrealDB's", version)
	}
	if major < oldest {
		return l.cfg.refuse(TooOld, nil, "version %s is too old; this program needs SurrealDB %d or newer", version, oldest)
	}
	return nil
}

// setUpError wraps what is not the server's own answer.
func (l *link) setUpError(err error, what string) error {
	var refused *QueryError
	if errors.As(err, &refused) {
		return l.cfg.refuse(NotSurrealDB, err, "%s", what)
	}
	return l.cfg.refuse(Unreachable, err, "%s; check that the server is well", what)
}

// signIn signs in as the configuration says.
func (l *link) signIn(ctx context.Context) error {
	who := l.cfg.Credentials
	if who.User == "" {
		return nil
	}
	params := map[string]any{"user": who.User, "pass": who.Password}
	if who.Scope != RootScope {
		params["NS"] = l.cfg.Namespace
	}
	if who.Scope == DatabaseScope {
		params["DB"] = l.cfg.Database
	}
	_, err := l.simple(ctx, "signin", params)
	var refused *QueryError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return l.cfg.refuse(BadCredentials, err, "%s is not accepted%s; check user, password and scope", who, l.where())
	}
	return l.cfg.refuse(Unreachable, err, "does not answer while signing in")
}

// where names the scope of the user in messages.
func (l *link) where() string {
	switch l.cfg.Credentials.Scope {
	case DatabaseScope:
		return fmt.Sprintf(" in namespace %q, database %q", l.cfg.Namespace, l.cfg.Database)
	case NamespaceScope:
		return fmt.Sprintf(" in namespace %q", l.cfg.Namespace)
	}
	return ""
}

// use chooses the database and makes sure that it can be read.
func (l *link) use(ctx context.Context) error {
	if err := l.checkNames(ctx); err != nil {
		return err
	}
	if _, err := l.simple(ctx, "use", l.cfg.Namespace, l.cfg.Database); err != nil {
		return l.useError(err)
	}
	if _, err := l.info(ctx, "INFO FOR DB", ""); err != nil {
		return l.useError(err)
	}
	return nil
}

// checkNames finds names that do not exist: the server would create what is used,
// if the user may. A user of a database exists only where the database does.
func (l *link) checkNames(ctx context.Context) error {
	cfg := l.cfg
	if cfg.Create || cfg.Credentials.User != "" && cfg.Credentials.Scope == DatabaseScope {
		return nil
	}
	if cfg.Credentials.User == "" || cfg.Credentials.Scope == RootScope {
		namespaces, err := l.info(ctx, "INFO FOR ROOT", "namespaces")
		if err != nil {
			return l.useError(err)
		}
		if _, ok := namespaces[cfg.Namespace]; !ok {
			return cfg.refuse(NoDatabase, nil, "there is no namespace %q; define it, or correct the name", cfg.Namespace)
		}
	}
	if _, err := l.simple(ctx, "use", cfg.Namespace, models.None); err != nil {
		return l.useError(err)
	}
	databases, err := l.info(ctx, "INFO FOR NS", "databases")
	if err != nil {
		return l.useError(err)
	}
	if _, ok := databases[cfg.Database]; !ok {
		return cfg.refuse(NoDatabase, nil, "namespace %q has no database %q; define it, or correct the name", cfg.Namespace, cfg.Database)
	}
	return nil
}

// info carries out one INFO statement and returns a part of what it tells.
func (l *link) info(ctx context.Context, sql, part string) (map[string]any, error) {
	span, err := l.simple(ctx, "query", sql)
	if err != nil {
		return nil, err
	}
	results, err := readResults(span)
	if err != nil {
		return nil, err
	}
	var parts map[string]any
	if err := results.Decode(0, &parts); err != nil {
		return nil, err
	}
	found, _ := parts[part].(map[string]any)
	return found, nil
}

func (l *link) useError(err error) error {
	cfg := l.cfg
	var refused *QueryError
	switch {
	case !errors.As(err, &refused):
		return cfg.refuse(Unreachable, err, "does not answer while choosing the database")
	case refused.Kind == MissingDatabase:
		return cfg.refuse(NoDatabase, err, "there is no namespace %q with a database %q; define them, or correct the names", cfg.Namespace, cfg.Database)
	case cfg.Credentials.User == "":
		return cfg.refuse(NotAllowed, err, "it wants users to sign in, and no user is configured")
	default:
		return cfg.refuse(NotAllowed, err, "%s may not use namespace %q, database %q", cfg.Credentials, cfg.Namespace, cfg.Database)
	}
}

// sessionIsOver tells whether a whole request was refused in a way that a new
// sign-in may help against. A refusal of one statement never counts: those before
// it were carried out.
func (e *QueryError) sessionIsOver() bool {
	return e.Statement < 0 && (e.Kind == Expired || e.Kind == Permission)
}
