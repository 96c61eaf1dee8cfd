package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"rivers.io/runtime/server/fault"
)

// Guard lets only requests through that a program or a page of this server sent
// on purpose, with a body that is one JSON object of bounded size.
func Guard(next http.Handler, cfg Config) http.Handler {
	cfg = cfg.withDefaults()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secureHeaders(w.Header())
		if err := checkHost(r, cfg.Hosts); err != nil {
			WriteError(w, http.StatusForbidden, err)
			return
		}
		if unsafe(r.Method) {
			if code, err := checkUnsafe(r); err != nil {
				WriteError(w, code, err)
				return
			}
		}
		if code, err := bufferBody(w, r, cfg); err != nil {
			WriteError(w, code, err)
			return
		}
		out := &patientWriter{ResponseWriter: w, rc: http.NewResponseController(w), timeout: cfg.WriteTimeout}
		next.ServeHTTP(out, r)
		out.extend() // for the end of the answer, which the server writes itself
	})
}

func secureHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

func unsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// checkHost refuses foreign names for a loopback address: a web page whose name
// was rebound to 127.0.0.1 sends its own name as Host.
func checkHost(r *http.Request, hosts []string) *fault.Error {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || !loopbackAddr(addr) {
		return nil
	}
	name := hostname(r.Host)
	if loopbackName(name) || slices.Contains(hosts, name) {
		return nil
	}
	return fault.New(codes.PermissionDenied, "HOST_NOT_ALLOWED",
		fmt.Sprintf("host %q is not a loopback name; call 127.0.0.1 or localhost", clip(r.Host)))
}

func loopbackAddr(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func loopbackName(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if name == "localhost" {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// hostname returns the name or address of a Host header, without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// checkUnsafe refuses what a page of another origin could make a browser send.
func checkUnsafe(r *http.Request) (int, *fault.Error) {
	if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(origin, r.Host) {
		return http.StatusForbidden, fault.New(codes.PermissionDenied, "CROSS_ORIGIN",
			fmt.Sprintf("origin %q is not this server's", clip(origin)))
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return http.StatusForbidden, fault.New(codes.PermissionDenied, "CROSS_ORIGIN",
			"the request comes from a page of another site")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType, fault.New(codes.InvalidArgument, "CONTENT_TYPE",
			r.Method+" needs the header Content-Type: application/json")
	}
	return 0, nil
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, host)
}

// bufferBody reads the body, which must be empty or one JSON object.
func bufferBody(w http.ResponseWriter, r *http.Request, cfg Config) (int, *fault.Error) {
	if r.Body == nil || r.Body == http.NoBody {
		return 0, nil
	}
	rc := http.NewResponseController(w)
	// A writer without deadlines (a test's recorder) is not the network.
	_ = rc.SetReadDeadline(time.Now().Add(cfg.BodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, cfg.MaxBody))
	if err != nil {
		// The deadline stays: the server reads what is left of the body before
		// it answers, and must not wait for it.
		w.Header().Set("Connection", "close")
	} else {
		_ = rc.SetReadDeadline(time.Time{})
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, fault.New(codes.ResourceExhausted, "BODY_TOO_LARGE",
			fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit), "limit", fmt.Sprint(tooLarge.Limit))
	}
	if err != nil {
		return http.StatusBadRequest, fault.New(codes.InvalidArgument, "BODY_UNREADABLE", "the body could not be read to its end in time")
	}
	if err := checkObject(body); err != nil {
		return http.StatusBadRequest, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	return 0, nil
}

// checkObject refuses bodies that are neither empty nor one JSON object.
func checkObject(body []byte) *fault.Error {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil
	}
	if body[0] != '{' {
		return fault.New(codes.InvalidArgument, "INVALID_JSON", "the body is not a JSON object")
	}
	var object json.RawMessage
	err := json.Unmarshal(body, &object)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fault.New(codes.InvalidArgument, "INVALID_JSON",
			fmt.Sprintf("the body is not one JSON object: %v at byte %d", syntax, syntax.Offset), "offset", fmt.Sprint(syntax.Offset))
	}
	if err != nil {
		return fault.New(codes.InvalidArgument, "INVALID_JSON", "the body is not one JSON object")
	}
	return nil
}

func clip(s string) string {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// patientWriter gives every write its own deadline, so that a reader that never
// reads does not hold an answer for ever, however long a stream lasts.
type patientWriter struct {
	http.ResponseWriter
	rc      *http.ResponseController
	timeout time.Duration
}

// Write writes under a fresh deadline.
func (w *patientWriter) Write(p []byte) (int, error) {
	w.extend()
	return w.ResponseWriter.Write(p)
}

// extend gives what is written next its time. A writer without deadlines (a
// test's recorder) is not the network.
func (w *patientWriter) extend() { _ = w.rc.SetWriteDeadline(time.Now().Add(w.timeout)) }

// Unwrap gives http.ResponseController access to the writer below.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
