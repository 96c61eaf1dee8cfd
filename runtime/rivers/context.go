package rivers

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"rivers.io/runtime/host"
)

// Context is what an asset's function knows about the attempt it runs in, and
// how it reports. It is a context.Context that ends when the step is canceled,
// timed out or no longer wanted, and must not be used after the function
// returned. Its methods may be called from several goroutines.
type Context struct {
	context.Context
	// Logger writes structured records to the attempt's log.
	Logger *slog.Logger

	cancel context.CancelCauseFunc
	host   *Host
	decl   *declaration
	req    host.Request
	env    host.Env
	config any
	record recorder
	fatal  fatal
}

type contextKey struct{}

// Value returns the value of key; resources find the attempt by it.
func (c *Context) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// Run returns the id of the run.
func (c *Context) Run() string { return c.req.Run }

// Asset returns the name of the asset that is being materialized.
func (c *Context) Asset() string { return c.decl.def.Name }

// Attempt returns the number of the attempt, from 1.
func (c *Context) Attempt() int { return c.req.Attempt }

// Stdout is the attempt's own standard output. What is printed past it, by
// fmt.Println for one, is recorded on the run as output of the process.
func (c *Context) Stdout() io.Writer { return c.env.Stdout() }

// Stderr is the attempt's own standard error.
func (c *Context) Stderr() io.Writer { return c.env.Stderr() }

// AddMetadata records one entry about the result: one of the typed values of
// this package, such as Markdown or Percentage, or a plain string, number, bool
// or nil. A later entry of the same key replaces an earlier one. A value of
// another type, one that fails its check, and a reserved key fail the step with
// an error that names the key.
func (c *Context) AddMetadata(key string, value any) { c.record.add(key, value) }

// RegisterDataVersion names the state of the data that the function produced.
// The handler's own version and that of an Output come first (D-62).
func (c *Context) RegisterDataVersion(version string) { c.record.version(version) }

// MarkPartitionFailed reports that one key of a step of many keys failed while
// the others go on. The key must be one of the step's. On a step of a single
// key it changes nothing and is logged: return an error instead.
func (c *Context) MarkPartitionFailed(key Key, err error) error {
	if key == "" || key != c.req.Key {
		return fmt.Errorf("key %q is not a key of this step of asset %q", key, c.Asset())
	}
	c.Logger.Warn("marking the only key of a step as failed changes nothing; return an error instead",
		"partition", string(key), "error", err)
	return nil
}
