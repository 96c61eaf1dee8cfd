package rivers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"rivers.io/runtime/asset"
)

// configField is one setting: its description and where it lives.
type configField struct {
	asset.ConfigField
	name  string
	index []int
}

var durationType = reflect.TypeFor[time.Duration]()

// fieldsOf lists the settings of a struct.
func fieldsOf(v reflect.Value) ([]configField, error) {
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("a config is a struct, not %s", v.Type())
	}
	var (
		fields []configField
		errs   []error
		seen   = map[string]bool{}
	)
	for _, sf := range reflect.VisibleFields(v.Type()) {
		if !sf.IsExported() || sf.Anonymous && sf.Type.Kind() == reflect.Struct {
			continue
		}
		f, err := fieldOf(sf, v.FieldByIndex(sf.Index))
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("field %s: %w", sf.Name, err))
		case f.name == "-":
		case seen[f.name]:
			errs = append(errs, fmt.Errorf("two fields are named %q", f.name))
		default:
			seen[f.name] = true
			fields = append(fields, f)
		}
	}
	return fields, errors.Join(errs...)
}

func fieldOf(sf reflect.StructField, v reflect.Value) (configField, error) {
	name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	if name == "" {
		name = sf.Name
	}
	f := configField{name: name, index: sf.Index}
	if name == "-" {
		return f, nil
	}
	value, err := json.Marshal(v.Interface())
	if err != nil {
		return f, fmt.Errorf("default: %w", err)
	}
	if sf.Type == durationType {
		if value, err = json.Marshal(v.Interface().(time.Duration).String()); err != nil {
			return f, err
		}
	}
	f.ConfigField = asset.ConfigField{
		Name: name, Type: sf.Type.String(), Default: value,
		Env: sf.Tag.Get("env"), Description: sf.Tag.Get("doc"),
		Secret: sf.Tag.Get("secret") == "true",
	}
	if f.Secret {
		f.Default = nil
	}
	return f, nil
}

// setFromEnv sets the fields whose environment variable is set.
func setFromEnv(into reflect.Value, fields []configField, getenv func(string) (string, bool)) error {
	if getenv == nil {
		return nil
	}
	var errs []error
	for _, f := range fields {
		if f.Env == "" {
			continue
		}
		text, ok := getenv(f.Env)
		if !ok {
			continue
		}
		if err := setText(into.FieldByIndex(f.index), text); err != nil {
			errs = append(errs, fmt.Errorf("environment variable %s: not a %s", f.Env, f.Type))
		}
	}
	return errors.Join(errs...)
}

// setText sets a field from text: strings as they are, all else as JSON.
func setText(field reflect.Value, text string) error {
	if field.Kind() == reflect.String {
		field.SetString(text)
		return nil
	}
	if field.Type() == durationType {
		d, err := time.ParseDuration(text)
		field.SetInt(int64(d))
		return err
	}
	return strictJSON([]byte(text), field)
}

// setFromJSON sets the fields that a launch overrides; an unknown one is an
// error that lists those there are.
func setFromJSON(into reflect.Value, fields []configField, overrides json.RawMessage) error {
	if len(overrides) == 0 || string(overrides) == "null" {
		return nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(overrides, &given); err != nil {
		return fmt.Errorf("config overrides are not a JSON object: %w", err)
	}
	var errs []error
	for _, f := range fields {
		raw, ok := given[f.name]
		if !ok {
			continue
		}
		delete(given, f.name)
		if err := setJSON(into.FieldByIndex(f.index), raw); err != nil {
			errs = append(errs, misfit(f, raw, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		errs = append(errs, fmt.Errorf("unknown config field %q%s", name, knownFields(fields)))
	}
	return errors.Join(errs...)
}

// maxGiven is how much of a value that does not fit is told, in bytes.
const maxGiven = 60

// misfit says what a field takes and what it was given; a secret is not told.
func misfit(f configField, raw json.RawMessage, err error) error {
	name, wanted, given := f.name, f.Type, string(raw)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		name, wanted, given = name+"."+wrong.Field, wrong.Type.String(), wrong.Value
	} else if !ok && f.Type != durationType.String() { // an unknown field inside, or two values
		text := strings.TrimPrefix(err.Error(), "json: ")
		if f.Secret {
			text = "it does not fit"
		}
		return fmt.Errorf("config field %q: %s", name, text)
	}
	if wanted == durationType.String() {
		wanted = `a duration such as "1m30s"`
	}
	if f.Secret {
		return fmt.Errorf("config field %q takes %s", name, wanted)
	}
	if len(given) > maxGiven {
		given = strings.ToValidUTF8(given[:maxGiven], "") + "…"
	}
	return fmt.Errorf("config field %q takes %s, not %s", name, wanted, given)
}

func setJSON(field reflect.Value, raw json.RawMessage) error {
	if field.Type() == durationType && len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		return setText(field, text)
	}
	return strictJSON(raw, field)
}

// strictJSON decodes one JSON value and refuses fields that the type lacks.
func strictJSON(raw []byte, field reflect.Value) error {
	fresh := reflect.New(field.Type())
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(fresh.Interface()); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more than one JSON value")
	}
	field.Set(fresh.Elem())
	return nil
}

func knownFields(fields []configField) string {
	if len(fields) == 0 {
		return "; the asset has no config"
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return "; known are " + strings.Join(names, ", ")
}
