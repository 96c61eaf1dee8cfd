package rivers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"

	"rivers.io/runtime/metadata"
)

// The typed metadata values; package metadata says what each holds and how it
// is stored. Plain strings, integers, floats, bools and nil need none of them.
type (
	// Text is plain text.
	Text = metadata.Text
	// Path is a file path or object location.
	Path = metadata.Path
	// Markdown is text in Markdown.
	Markdown = metadata.Markdown
	// Int is a whole number.
	Int = metadata.Int
	// Float is a finite number.
	Float = metadata.Float
	// Bool is true or false.
	Bool = metadata.Bool
	// Null is the absence of a value.
	Null = metadata.Null
	// URL is an absolute URL.
	URL = metadata.URL
	// JSON is a JSON document as text.
	JSON = metadata.JSON
	// Timestamp is an instant.
	Timestamp = metadata.Timestamp
	// Bytes is a size in bytes.
	Bytes = metadata.Bytes
	// Duration is a span of time.
	Duration = metadata.Duration
	// Percentage is a share in percent: 12.5 means 12.5 of 100.
	Percentage = metadata.Percentage
	// SQL is a query.
	SQL = metadata.SQL
	// Code is source text.
	Code = metadata.Code
	// Image is the URL or data URI of an image.
	Image = metadata.Image
	// List is an ordered list of values.
	List = metadata.List
	// DateRange is a span of time from Start to End.
	DateRange = metadata.DateRange
	// Schema lists the columns of rows.
	Schema = metadata.Schema
	// Column is one column of a Schema.
	Column = metadata.Column
	// Table is a small table.
	Table = metadata.Table
	// DataVersion names a version of the data; among an asset's metadata it is
	// its data version unless a nearer one was registered (D-62).
	DataVersion = metadata.DataVersion
)

// recorder collects what one attempt says about its result. The zero recorder
// is ready for use.
type recorder struct {
	mu sync.Mutex
	// context, out and handler hold the entries by where they came from.
	context, out, handler map[string]metadata.Value
	// The data versions by where they came from.
	contextVersion, outVersion, handlerVersion string
	errs                                       []error
}

// add records an entry given to the context.
func (r *recorder) add(key string, value any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(&r.context, key, value, checkUserKey(key))
}

// version records a data version given to the context.
func (r *recorder) version(v string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v == "" {
		r.errs = append(r.errs, errors.New("registered data version is empty"))
	}
	r.contextVersion = v
}

// result records what the returned value says of itself.
func (r *recorder) result(entries map[string]any, version string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, value := range entries {
		r.put(&r.out, key, value, checkUserKey(key))
	}
	if version != "" {
		r.outVersion = version
	}
}

// stored records an entry of the handler, which may use reserved keys.
func (r *recorder) stored(key string, value any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(&r.handler, key, value, nil)
}

func (r *recorder) storedVersion(v string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handlerVersion = v
}

// put adds an entry to one of the maps; r.mu is held.
func (r *recorder) put(to *map[string]metadata.Value, key string, value any, err error) {
	if err == nil {
		var v metadata.Value
		if v, err = metadata.Of(value); err == nil {
			if *to == nil {
				*to = map[string]metadata.Value{}
			}
			(*to)[key] = v
			return
		}
		err = fmt.Errorf("metadata %q: %w", key, err)
	}
	r.errs = append(r.errs, err)
}

// err joins the mistakes made so far.
func (r *recorder) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.errs...)
}

// merged returns the entries as D-60 merges them: the result's over the
// context's, and the handler's only where neither has one.
func (r *recorder) merged() map[string]metadata.Value {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[string]metadata.Value, len(r.handler)+len(r.context)+len(r.out))
	maps.Copy(all, r.handler)
	maps.Copy(all, r.context)
	maps.Copy(all, r.out)
	return all
}

// dataVersion returns the version that D-62 puts first, or "" for none.
func (r *recorder) dataVersion(merged map[string]metadata.Value) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range []string{r.handlerVersion, r.outVersion, r.contextVersion} {
		if v != "" {
			return v
		}
	}
	for _, key := range sortedKeys(merged) {
		if v, ok := merged[key].(metadata.DataVersion); ok {
			return string(v)
		}
	}
	return ""
}

// encode returns the stored form of merged metadata.
func encode(merged map[string]metadata.Value) (map[string]json.RawMessage, error) {
	if len(merged) == 0 {
		return nil, nil
	}
	encoded := make(map[string]json.RawMessage, len(merged))
	var errs []error
	for _, key := range sortedKeys(merged) {
		raw, err := metadata.Encode(merged[key])
		if err != nil {
			errs = append(errs, fmt.Errorf("metadata %q: %w", key, err))
			continue
		}
		encoded[key] = raw
	}
	return encoded, errors.Join(errs...)
}
