package rivers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"rivers.io/runtime/asset"
)

// Config is a typed handle to the settings of an asset. A setting's value is,
// the later over the earlier, its default, an environment variable, and what
// the run was launched with.
type Config[C any] struct {
	defaults C
	fields   []configField
	err      error
}

// NewConfig declares settings: the exported fields of the struct C, whose
// defaults are those of the given value. Tags describe a field:
//
//	type Settings struct {
//		Threshold time.Duration `json:"threshold" doc:"shortest delay that counts"`
//		Token     string        `json:"token" env:"DELAYS_TOKEN" secret:"true"`
//	}
//
// The name of a setting is that of its json tag, else the field's. A duration
// may be given as text such as "15m". When C or *C has a method Validate() error
// it is called with the final values. The asset names the config in Uses, its
// function reads it by Get.
func NewConfig[C any](defaults C) *Config[C] {
	c := &Config[C]{defaults: defaults}
	c.fields, c.err = fieldsOf(reflect.ValueOf(defaults))
	return c
}

// configured is a Config without its type.
type configured interface {
	check() error
	describe() []asset.ConfigField
	resolve(overrides json.RawMessage, getenv func(string) (string, bool)) (any, error)
}

// Get returns the settings of the attempt that ctx belongs to. In an asset that
// does not declare the config by Uses it panics, which fails the step.
func (c *Config[C]) Get(ctx context.Context) C {
	step, ok := ctx.Value(contextKey{}).(*Context)
	if !ok {
		panic(misuse{errors.New("Config.Get needs the context of an asset's function")})
	}
	if step.decl.config != configured(c) {
		panic(misuse{fmt.Errorf("asset %q reads a config that it does not declare; add rivers.Uses(…) to its options", step.Asset())})
	}
	return step.config.(C)
}

// Overrides returns settings in the form that a launch takes them.
func (c *Config[C]) Overrides(values C) (json.RawMessage, error) {
	named := make(map[string]any, len(c.fields))
	for _, f := range c.fields {
		named[f.name] = reflect.ValueOf(values).FieldByIndex(f.index).Interface()
	}
	return json.Marshal(named)
}

func (c *Config[C]) use(d *declaration) {
	switch {
	case c == nil:
		d.problem(errors.New("Uses: a config is nil"))
		return
	case d.config != nil:
		d.problem(errors.New("Uses: more than one config"))
		return
	}
	d.config = c
	if err := c.check(); err != nil {
		d.problem(fmt.Errorf("config: %w", err))
		return
	}
	d.def.Config = c.describe()
}

func (c *Config[C]) check() error { return c.err }

func (c *Config[C]) describe() []asset.ConfigField {
	fields := make([]asset.ConfigField, len(c.fields))
	for i, f := range c.fields {
		fields[i] = f.ConfigField
	}
	return fields
}

func (c *Config[C]) resolve(overrides json.RawMessage, getenv func(string) (string, bool)) (any, error) {
	if c.err != nil {
		return nil, c.err
	}
	values := c.defaults
	into := reflect.ValueOf(&values).Elem()
	errs := []error{setFromEnv(into, c.fields, getenv), setFromJSON(into, c.fields, overrides)}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if v, ok := any(&values).(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return nil, err
		}
	}
	return values, nil
}
