package rivers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/google/uuid"

	"rivers.io/runtime/host"
)

// HostConfig configures a Host. The zero value can run assets that store
// nothing.
type HostConfig struct {
	// Handler stores the values of assets that name no handler of their own.
	Handler Handler
	// Getenv reads environment variables for configs; nil reads none.
	Getenv func(name string) (value string, ok bool)
	// Resources are used in place of setting the resources up.
	Resources []Replacement
	// Logger is told about teardown errors; nil discards them.
	Logger *slog.Logger
}

// Host carries out the steps of a Repository in this process.
type Host struct {
	repo      *Repository
	config    HostConfig
	handlers  map[string]Handler
	resources resourceSet
}

var _ host.Host = (*Host)(nil)

// NewHost returns a host of the repository's functions. Call Setup before the
// first step when assets use resources.
func NewHost(repo *Repository, config HostConfig) *Host {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Host{repo: repo, config: config, handlers: map[string]Handler{}}
	for _, d := range repo.assets {
		for _, handler := range d.handlers() {
			h.handlers[handler.Name()] = handler
		}
		for _, e := range d.edges {
			if up := e.up.handler; up != nil {
				h.handlers[up.Name()] = up
			}
		}
	}
	if config.Handler != nil {
		h.handlers[config.Handler.Name()] = config.Handler
	}
	return h
}

// Setup sets the resources up, each once, in order of first use. An error tears
// down those that were set up before it. A second call does nothing.
func (h *Host) Setup(ctx context.Context) error {
	return h.resources.setUp(ctx, h.repo.resources(), h.config.Resources)
}

// Close tears the resources down in reverse order; errors are logged only. No
// step may run any more.
func (h *Host) Close() error {
	h.resources.tearDown(h.config.Logger)
	return nil
}

func (h *Host) resource(r *anyResource) (any, bool) { return h.resources.value(r) }

// handlerOf finds the handler for loading a value: the edge's own, else the one
// that wrote it.
func (h *Host) handlerOf(e *edge, wrote string) (Handler, error) {
	if e.handler != nil {
		return e.handler, nil
	}
	if handler, ok := h.handlers[wrote]; ok {
		return handler, nil
	}
	return nil, fmt.Errorf("the value was written by handler %q, which this pipeline does not have", wrote)
}

// CheckConfig reports why launch overrides for an asset's config cannot be
// used: an unknown asset or field, or a value that does not fit.
func (h *Host) CheckConfig(name string, overrides json.RawMessage) error {
	d, ok := h.repo.byName[name]
	if !ok {
		return fmt.Errorf("config overrides for unknown asset %q", name)
	}
	_, err := d.resolveConfig(overrides, h.config.Getenv)
	return err
}

// Load loads a stored value of an asset into target, a pointer to the asset's
// type, as a step that has the asset as its input would.
func (h *Host) Load(ctx context.Context, name string, value host.Value, target any) error {
	d, ok := h.repo.byName[name]
	if !ok {
		return fmt.Errorf("unknown asset %q", name)
	}
	if value.Ref == nil {
		return withAsset(d, ErrNoValue)
	}
	handler, err := h.handlerOf(&edge{up: d}, value.Ref.Handler)
	if err != nil {
		return withAsset(d, err)
	}
	to := reflect.TypeOf(target)
	if to == nil || to.Kind() != reflect.Pointer {
		return fmt.Errorf("asset %q: load into a %T, which is no pointer", name, target)
	}
	in := &InputContext{Context: ctx, Logger: h.config.Logger, Type: to.Elem()}
	return withAsset(d, handler.LoadInput(in.of(d, value), target))
}

// Execute runs the function of one step and stores what it returns.
func (h *Host) Execute(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
	d, ok := h.repo.byName[req.Step]
	if !ok {
		return host.Result{}, fmt.Errorf("unknown step %q", req.Step)
	}
	config, err := d.resolveConfig(req.Config, h.config.Getenv)
	if err != nil {
		return host.Result{}, err
	}
	c := &Context{Logger: env.Logger(), host: h, decl: d, req: req, env: env, config: config}
	c.Context, c.cancel = context.WithCancelCause(ctx)
	defer c.cancel(nil)
	out, err := c.run()
	if err != nil {
		return host.Result{Failure: failureOf(ctx, err)}, nil
	}
	return host.Result{Outputs: []host.Output{out}}, nil
}

// run calls the function and stores its value.
func (c *Context) run() (host.Output, error) {
	out := host.Output{Asset: c.Asset()}
	value, err := c.invoke()
	if fatal := c.fatal.get(); fatal != nil {
		return out, fatal
	}
	if err := errors.Join(err, c.record.err()); err != nil {
		return out, err
	}
	if m, ok := value.(Materialization); ok {
		c.record.result(m.Metadata, m.DataVersion)
	} else if out.Value, err = c.store(value); err != nil {
		return out, fmt.Errorf("store the value: %w", err)
	}
	if err := c.record.err(); err != nil {
		return out, err
	}
	merged := c.record.merged()
	out.DataVersion = c.record.dataVersion(merged)
	out.Metadata, err = encode(merged)
	return out, err
}

// store hands the value to the asset's handler.
func (c *Context) store(value any) (*Ref, error) {
	handler := c.decl.handler
	if handler == nil {
		handler = c.host.config.Handler
	}
	if handler == nil {
		return nil, errors.New("the asset names no handler and there is no default")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	out := &OutputContext{
		Context: c, Logger: c.Logger,
		Asset: c.Asset(), Partition: c.req.Key, Run: c.Run(), Attempt: c.Attempt(),
		ValueID: id.String(), Type: c.decl.typ,
		Metadata: c.decl.def.Metadata, Recorded: c.record.merged(), record: &c.record,
	}
	var ref Ref
	err = guard(c.env.Stderr(), func() (err error) {
		ref, err = handler.HandleOutput(out, value)
		return err
	})
	if err != nil {
		return nil, err
	}
	ref.Handler = handler.Name()
	return &ref, nil
}
