package riverstest

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"rivers.io/runtime/host"
	"rivers.io/runtime/iohandler/memory"
	"rivers.io/runtime/metadata"
	"rivers.io/runtime/rivers"
)

// Result is what a run of one asset left behind.
type Result struct {
	// Failure is nil when the function succeeded.
	Failure *host.Failure
	// Metadata is what was recorded about the value.
	Metadata map[string]metadata.Value
	// DataVersion is empty when neither function nor handler named one.
	DataVersion string
	// Stdout, Stderr and Log are what the function wrote.
	Stdout, Stderr string
	Log            []Record
	// Read lists the upstream values that the function read.
	Read []Read
}

// Read is one upstream value that a function read.
type Read struct {
	Asset string
	Key   rivers.Key
}

// Option gives a run something.
type Option func(s *setup)

type setup struct {
	t       testing.TB
	key     rivers.Key
	attempt int
	config  json.RawMessage
	now     time.Time
	env     map[string]string
	handler rivers.Handler
	replace []rivers.Replacement
	seeds   []seed
}

// seed is a value that a test gives to an input.
type seed struct {
	asset rivers.Declared
	key   rivers.Key
	value any
	typ   reflect.Type
}

// Input gives the value of an upstream without partitions, or of the key that
// the step asks for when the upstream has partitions.
func Input[T any](up *rivers.Asset[T], value T) Option {
	return func(s *setup) {
		s.seeds = append(s.seeds, seed{asset: up, key: anyKey, value: value, typ: reflect.TypeFor[T]()})
	}
}

// InputAt gives the value of one key of an upstream.
func InputAt[T any](up *rivers.Asset[T], key rivers.Key, value T) Option {
	return func(s *setup) {
		s.seeds = append(s.seeds, seed{asset: up, key: key, value: value, typ: reflect.TypeFor[T]()})
	}
}

// Key is the partition that the step materializes.
func Key(key rivers.Key) Option { return func(s *setup) { s.key = key } }

// Attempt is the number of the attempt; 1 unless given.
func Attempt(n int) Option { return func(s *setup) { s.attempt = n } }

// Now is the present of partitions with an open end.
func Now(now time.Time) Option { return func(s *setup) { s.now = now } }

// Config gives the asset's settings.
func Config[C any](config *rivers.Config[C], values C) Option {
	return func(s *setup) {
		s.t.Helper()
		raw, err := config.Overrides(values)
		if err != nil {
			s.t.Fatalf("riverstest: config: %v", err)
		}
		s.config = raw
	}
}

// Override gives launch overrides of the asset's settings, as JSON.
func Override(raw string) Option { return func(s *setup) { s.config = json.RawMessage(raw) } }

// Setenv gives configs an environment variable. The environment of the test
// itself is not read.
func Setenv(name, value string) Option {
	return func(s *setup) {
		if s.env == nil {
			s.env = map[string]string{}
		}
		s.env[name] = value
	}
}

// Resource uses v in place of the resource's setup.
func Resource[T any](r *rivers.Resource[T], v T) Option {
	return func(s *setup) { s.replace = append(s.replace, r.Instead(v)) }
}

// StoredBy uses another default handler than memory.
func StoredBy(h rivers.Handler) Option { return func(s *setup) { s.handler = h } }

func newSetup(t testing.TB, opts []Option) *setup {
	t.Helper()
	s := &setup{t: t, attempt: 1, handler: &memory.Handler{}}
	for _, opt := range opts {
		opt(s)
	}
	if s.now.IsZero() {
		s.now = time.Now()
	}
	return s
}

func (s *setup) host(repo *rivers.Repository) *rivers.Host {
	s.t.Helper()
	h := rivers.NewHost(repo, rivers.HostConfig{
		Handler: s.handler, Resources: s.replace,
		Getenv: func(name string) (string, bool) {
			v, ok := s.env[name]
			return v, ok
		},
	})
	if err := h.Setup(s.t.Context()); err != nil {
		s.t.Fatalf("riverstest: %v", err)
	}
	s.t.Cleanup(func() { _ = h.Close() }) // always nil: teardown errors are logged only
	return h
}

// Run runs the function of one asset and returns the value that its handler
// gives back, and what else the step did. A failure of the function is in the
// Result, for the test to expect; the test fails when the step cannot be run:
// a mistake in the declaration, a key that the asset does not have, an unknown
// setting.
func Run[T any](t testing.TB, a *rivers.Asset[T], opts ...Option) (T, Result) {
	t.Helper()
	var value T
	s := newSetup(t, opts)
	st := newState(s, rivers.NewRepository("test", rivers.WithUpstreams(a)))
	at := st.step(a.Name(), s.key)
	result := st.execute(at, s.attempt, s.config)
	if result.Failure == nil {
		st.load(at, &value)
	}
	return value, result
}

// MetadataKeys lists the keys of the recorded metadata in order.
func (r Result) MetadataKeys() []string {
	keys := make([]string, 0, len(r.Metadata))
	for key := range r.Metadata {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
