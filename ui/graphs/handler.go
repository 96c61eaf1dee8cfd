package graphs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// maxDepth bounds the depth of a neighbourhood; "all" has no bound.
const maxDepth = 1000

// Handler answers src. source returns the declared lineage that a request is
// about; its errors are answered by fail, as are unknown names (*UnknownError)
// and bad parameters (*ParameterError).
func Handler(cache *Cache, source func(*http.Request) (*Topology, error), fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := answer(cache, source, r)
		if err != nil {
			fail(w, r, err)
			return
		}
		writeDrawing(w, r, d)
	})
}

func answer(cache *Cache, source func(*http.Request) (*Topology, error), r *http.Request) (*Drawing, error) {
	t, err := source(r)
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	focus := int32(-1)
	if name := query.Get("focus"); name != "" {
		up, err := depth(query.Get("up"))
		if err != nil {
			return nil, &ParameterError{Name: "up", Err: err}
		}
		down, err := depth(query.Get("down"))
		if err != nil {
			return nil, &ParameterError{Name: "down", Err: err}
		}
		if t, focus, err = t.Neighbourhood(name, up, down); err != nil {
			return nil, err
		}
	}
	if groups := query["collapse"]; len(groups) > 0 {
		if t, err = t.Collapse(groups); err != nil {
			return nil, err
		}
		focus = -1
		if i, ok := t.Index(query.Get("focus")); ok {
			focus = i
		}
	}
	return cache.Draw(r.Context(), t, focus)
}

func depth(text string) (int, error) {
	switch text {
	case "":
		return 1, nil
	case "all":
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxDepth {
		return 0, fmt.Errorf("%q is neither a number from 0 to %d nor \"all\"", text, maxDepth)
	}
	return n, nil
}

// ParameterError tells which query parameter is wrong.
type ParameterError struct {
	Name string
	Err  error
}

// Error names the parameter.
func (e *ParameterError) Error() string { return e.Name + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *ParameterError) Unwrap() error { return e.Err }

func writeDrawing(w http.ResponseWriter, r *http.Request, d *Drawing) {
	h := w.Header()
	tag := `"` + d.Hash + `"`
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", tag)
	h.Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := d.JSON
	if acceptsGzip(r) && h.Get("Content-Encoding") == "" {
		h.Set("Content-Encoding", "gzip")
		body = d.Gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client is gone: nobody is left to tell
}

func acceptsGzip(r *http.Request) bool {
	for encoding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(encoding), ";")
		if name == "gzip" {
			return strings.Trim(strings.TrimPrefix(strings.TrimSpace(params), "q="), "0.") != "" || params == ""
		}
	}
	return false
}

// StatusHandler answers status-src with what source returns for a request; its
// errors are answered by fail.
func StatusHandler(source func(*http.Request) (StatusWire, error), fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, err := source(r)
		if err != nil {
			fail(w, r, err)
			return
		}
		raw, err := json.Marshal(status)
		if err != nil {
			fail(w, r, fmt.Errorf("encode the statuses: %w", err))
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(raw) // the client is gone: nobody is left to tell
	})
}

// IsNotFound reports whether err says that a request named something unknown.
func IsNotFound(err error) bool {
	var unknown *UnknownError
	return errors.As(err, &unknown)
}
