package partitions

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// RangeError tells that the parameters from and to of a request are wrong.
type RangeError struct{ Err error }

// Error says what is wrong.
func (e *RangeError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *RangeError) Unwrap() error { return e.Err }

// Serve answers a request for the map of an asset's partitions. It writes nothing
// when it returns an error, which is a *RangeError when the request is at fault.
func Serve(w http.ResponseWriter, r *http.Request, in Input) error {
	from, err := ordinal(r, "from")
	if err != nil {
		return &RangeError{err}
	}
	to, err := ordinal(r, "to")
	if err != nil {
		return &RangeError{err}
	}
	m, err := Draw(in, from, to)
	if err != nil {
		return &RangeError{err}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode partition map: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding")
	if len(raw) < 2048 || h.Get("Content-Encoding") != "" || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		_, _ = w.Write(raw) // the client is gone: nobody is left to tell
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = z.Write(raw) // likewise
	_ = z.Close()       // likewise
	return nil
}

func ordinal(r *http.Request, name string) (uint64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %q is no ordinal of a key", name, text)
	}
	return n, nil
}
