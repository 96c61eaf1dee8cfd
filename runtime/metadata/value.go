package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Tag names the kind of a value in its stored form.
type Tag string

// The tags.
const (
	TagText        Tag = "text"
	TagPath        Tag = "path"
	TagMarkdown    Tag = "markdown"
	TagInt         Tag = "int"
	TagFloat       Tag = "float"
	TagBool        Tag = "bool"
	TagNull        Tag = "null"
	TagURL         Tag = "url"
	TagJSON        Tag = "json"
	TagTimestamp   Tag = "timestamp"
	TagBytes       Tag = "bytes"
	TagDuration    Tag = "duration"
	TagPercentage  Tag = "percentage"
	TagSQL         Tag = "sql"
	TagCode        Tag = "code"
	TagImage       Tag = "image"
	TagList        Tag = "list"
	TagDateRange   Tag = "date_range"
	TagSchema      Tag = "schema"
	TagTable       Tag = "table"
	TagDataVersion Tag = "data_version"
)

// Value is one typed metadata value. The types of this package are all there
// are.
type Value interface {
	// Tag names the kind of the value.
	Tag() Tag
	// Check reports why the value cannot be stored: a URL that is not
	// absolute, a float that is not finite, a range that ends before it starts.
	Check() error

	encode() ([]byte, error)
}

// Text is plain text.
type Text string

// Path is a file path or object location.
type Path string

// Markdown is text in Markdown.
type Markdown string

// Int is a whole number.
type Int int64

// Float is a finite number.
type Float float64

// Bool is true or false.
type Bool bool

// Null is the absence of a value.
type Null struct{}

// URL is an absolute URL.
type URL string

// JSON is a JSON document, kept as text.
type JSON string

// Timestamp is an instant.
type Timestamp time.Time

// Bytes is a size in bytes.
type Bytes uint64

// Duration is a span of time that is not negative.
type Duration time.Duration

// Percentage is a share in percent: 12.5 means 12.5 of 100.
type Percentage float64

// SQL is a query; Dialect is optional, such as "duckdb".
type SQL struct{ Query, Dialect string }

// Code is source text; Language is optional, such as "go".
type Code struct{ Source, Language string }

// Image is the http(s) URL of an image, or a data URI that holds one.
type Image string

// List is an ordered list of values; plain Go values are coerced as Of does.
type List []any

// DateRange is a span of time, Start not after End.
type DateRange struct{ Start, End time.Time }

// DataVersion names a version of the data that the value describes.
type DataVersion string

// Unknown is a value of a kind that this build does not know, kept as it came.
type Unknown struct {
	Name Tag
	Raw  json.RawMessage
}

// Tag returns TagText.
func (Text) Tag() Tag { return TagText }

// Tag returns TagPath.
func (Path) Tag() Tag { return TagPath }

// Tag returns TagMarkdown.
func (Markdown) Tag() Tag { return TagMarkdown }

// Tag returns TagInt.
func (Int) Tag() Tag { return TagInt }

// Tag returns TagFloat.
func (Float) Tag() Tag { return TagFloat }

// Tag returns TagBool.
func (Bool) Tag() Tag { return TagBool }

// Tag returns TagNull.
func (Null) Tag() Tag { return TagNull }

// Tag returns TagURL.
func (URL) Tag() Tag { return TagURL }

// Tag returns TagJSON.
func (JSON) Tag() Tag { return TagJSON }

// Tag returns TagTimestamp.
func (Timestamp) Tag() Tag { return TagTimestamp }

// Tag returns TagBytes.
func (Bytes) Tag() Tag { return TagBytes }

// Tag returns TagDuration.
func (Duration) Tag() Tag { return TagDuration }

// Tag returns TagPercentage.
func (Percentage) Tag() Tag { return TagPercentage }

// Tag returns TagSQL.
func (SQL) Tag() Tag { return TagSQL }

// Tag returns TagCode.
func (Code) Tag() Tag { return TagCode }

// Tag returns TagImage.
func (Image) Tag() Tag { return TagImage }

// Tag returns TagList.
func (List) Tag() Tag { return TagList }

// Tag returns TagDateRange.
func (DateRange) Tag() Tag { return TagDateRange }

// Tag returns TagDataVersion.
func (DataVersion) Tag() Tag { return TagDataVersion }

// Tag returns the tag that was found.
func (u Unknown) Tag() Tag { return u.Name }

// Check accepts any text.
func (Text) Check() error { return nil }

// Check accepts any path.
func (Path) Check() error { return nil }

// Check accepts any text.
func (Markdown) Check() error { return nil }

// Check accepts any number.
func (Int) Check() error { return nil }

// Check wants a finite number.
func (f Float) Check() error { return finite(float64(f)) }

// Check accepts both.
func (Bool) Check() error { return nil }

// Check accepts null.
func (Null) Check() error { return nil }

// Check wants an absolute URL.
func (u URL) Check() error {
	scheme, rest, ok := strings.Cut(string(u), ":")
	if !ok || !isScheme(scheme) || rest == "" {
		return fmt.Errorf("not an absolute URL: %q", string(u))
	}
	if strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("a URL has no space or control character: %q", string(u))
	}
	if strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") {
		host, _, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
		if !strings.HasPrefix(rest, "//") || host == "" {
			return fmt.Errorf("a URL without host: %q", string(u))
		}
	}
	return nil
}

// isScheme reports whether s is the scheme of a URL (RFC 3986, 3.1).
func isScheme(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		other := r >= '0' && r <= '9' || r == '+' || r == '-' || r == '.'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return s != ""
}

// Check wants text that parses as JSON.
func (j JSON) Check() error {
	if !json.Valid([]byte(j)) {
		return errors.New("not valid JSON")
	}
	return nil
}

// Check accepts any instant.
func (Timestamp) Check() error { return nil }

// Check accepts any size.
func (Bytes) Check() error { return nil }

// Check wants a duration that is not negative.
func (d Duration) Check() error {
	if d < 0 {
		return fmt.Errorf("negative duration %s", time.Duration(d))
	}
	return nil
}

// Check wants a finite number.
func (p Percentage) Check() error { return finite(float64(p)) }

// Check accepts any query.
func (SQL) Check() error { return nil }

// Check accepts any source.
func (Code) Check() error { return nil }

// Check wants an http or https URL, or a data URI of an image.
func (i Image) Check() error {
	s := string(i)
	if strings.HasPrefix(s, "data:image/") && strings.Contains(s, ",") {
		return nil
	}
	scheme, _, _ := strings.Cut(s, ":")
	web := strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
	if !web || URL(s).Check() != nil {
		return errors.New("an image is an http(s) URL or a data:image/… URI")
	}
	return nil
}

// Check wants every element to be a value that can be stored.
func (l List) Check() error {
	for i, element := range l {
		if _, err := Of(element); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// Check wants the start not to be after the end.
func (r DateRange) Check() error {
	if r.Start.After(r.End) {
		return fmt.Errorf("range starts at %s, after its end %s",
			r.Start.Format(time.RFC3339), r.End.Format(time.RFC3339))
	}
	return nil
}

// Check wants a version that is not empty.
func (v DataVersion) Check() error {
	if v == "" {
		return errors.New("empty data version")
	}
	return nil
}

// Check accepts what was read.
func (Unknown) Check() error { return nil }

func finite(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%v is not a finite number", f)
	}
	return nil
}
