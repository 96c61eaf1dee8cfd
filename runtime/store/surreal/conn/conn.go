package conn

import (
	"context"
	"errors"
	"sync"
)

// Conn is a connection to one database that replaces its sockets when they break.
// It is safe for concurrent use.
type Conn struct {
	cfg   Config
	calls *lane

	mu     sync.Mutex
	lives  *lane // made by the first Live
	closed bool
	work   sync.WaitGroup // goroutines that outlive the call that started them
	ctx    context.Context
	cancel context.CancelFunc
}

// Open connects, signs in and chooses the database, once, no longer than ctx and
// Config.SetUp allow. An *OpenError says why that failed; problems of the
// configuration itself are plain errors. Once it is open the connection is kept up
// until Close.
func Open(ctx context.Context, cfg Config) (*Conn, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	first, err := connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	c := &Conn{cfg: cfg, calls: newLane(cfg, "calls", first)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// Close ends all calls and subscriptions and waits until nothing is left of them.
// It may be called again.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	lives := c.lives
	c.mu.Unlock()
	c.cancel()
	c.work.Wait()
	c.calls.close()
	if lives != nil {
		lives.close()
	}
	return nil
}

// Query sends statements, all in one request, and waits for all their answers. The
// values of vars are encoded by surrealcbor and known to the statements as $name.
//
// When a statement fails, the error is the *QueryError that explains the others,
// and Results still tells them apart. When no answer comes, it is a *LostError: the
// request was surely not carried out, or that is unknown. While there is no
// connection it waits for the next until ctx ends or Config.Patience is over. When the session is over another
// is signed in and the request repeated, as what was refused did not run.
//
// Requests that are under way at the same time are carried out in any order.
func (c *Conn) Query(ctx context.Context, sql string, vars map[string]any) (Results, error) {
	span, err := c.calls.do(ctx, func() (*message, error) { return newQuery(sql, vars) })
	if err != nil {
		return Results{}, err
	}
	results, err := readResults(span)
	if err != nil {
		return Results{}, err
	}
	return results, results.first()
}

// Version asks the server for its version, such as 3.0.2.
func (c *Conn) Version(ctx context.Context) (string, error) {
	l, err := c.calls.get(ctx, nil)
	if err != nil {
		return "", err
	}
	return l.version(ctx)
}

// Await waits until there is a connection, or ctx ends. It may be lost again by the
// time that it is used.
func (c *Conn) Await(ctx context.Context) error {
	_, err := c.calls.get(ctx, nil)
	return err
}

// do carries out a request on whatever link there is. One that was surely not sent
// is sent on the next; one that was refused since the session is over is repeated
// after a new sign-in.
func (l *lane) do(ctx context.Context, encode func() (*message, error)) ([]byte, error) {
	var last *link
	renewals := 0
	for {
		link, err := l.getSoon(ctx, last)
		if err != nil {
			return nil, err
		}
		m, err := encode()
		if err != nil {
			return nil, err
		}
		span, err := link.call(ctx, m)
		var lost *LostError
		var fault *QueryError
		switch {
		case err == nil:
			return span, nil
		case errors.As(err, &lost) && !lost.Sent && ctx.Err() == nil:
			last = link
		case errors.As(err, &fault) && fault.sessionIsOver() && renewals < maxRenewals && l.cfg.mayExpire():
			renewals++
			link.retire()
			last = link
		default:
			return nil, err
		}
	}
}

// maxRenewals is how often a request is repeated since its session was over: more
// than once only where sessions last hardly longer than a request.
const maxRenewals = 3

// mayExpire tells whether there is a session that can expire.
func (c Config) mayExpire() bool { return c.Credentials.User != "" }
