package ui

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// policy is the content security policy of every answer: nothing from a
// foreign host, nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds the body of a form, in bytes.
const maxForm = 1 << 20

// secure sets the headers of every answer and refuses what may not reach any
// handler: foreign hosts on loopback, and unsafe methods from foreign origins.
func secure(loopback bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if loopback && !isLoopback(r.Host) {
			refuse(w, r, http.StatusMisdirectedRequest, "HOST_NOT_ALLOWED", "this server answers to loopback names only, not to "+clean(r.Host))
			return
		}
		if !isSafe(r.Method) && !sameOrigin(r) {
			refuse(w, r, http.StatusForbidden, "CROSS_ORIGIN", "the request comes from another origin")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// sameOrigin judges by what browsers send and pages cannot forge. A request
// with neither header does not come from a browser's page.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, err := url.Parse(origins[0])
	return err == nil && len(origins) == 1 && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// isLoopback reports whether a Host header names this machine's loopback.
func isLoopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

// clean makes a foreign word fit for one line of an answer or a log.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), 200)]
}

// formTokens makes and checks the token that every form carries. It is one
// secret per process, masked anew in every page so that it cannot be guessed
// from the sizes of compressed answers.
type formTokens struct{ secret [sha256.Size]byte }

func newFormTokens() *formTokens {
	var f formTokens
	_, _ = rand.Read(f.secret[:]) // never fails, by its contract
	return &f
}

// issue returns a token.
func (f *formTokens) issue() string {
	var pad [sha256.Size]byte
	_, _ = rand.Read(pad[:])
	masked := pad
	for i := range masked {
		masked[i] ^= f.secret[i]
	}
	return base64.RawURLEncoding.EncodeToString(append(pad[:], masked[:]...))
}

// valid reports whether a token was issued by this process.
func (f *formTokens) valid(token string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 2*sha256.Size {
		return false
	}
	for i := range sha256.Size {
		raw[sha256.Size+i] ^= raw[i]
	}
	return hmac.Equal(raw[sha256.Size:], f.secret[:])
}

// readForm reads the body of a form and checks its token.
func (s *Server) readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/x-www-form-urlencoded" {
		return &pageError{status: http.StatusUnsupportedMediaType, title: "That request cannot be read", text: "Forms are sent as application/x-www-form-urlencoded."}
	}
	if err := r.ParseForm(); err != nil {
		return badRequest("The form is malformed or larger than 1 MiB.")
	}
	if !s.tokens.valid(r.PostForm.Get("token")) {
		return forbidden("The form comes from an earlier run of this server. Load the page again and repeat.")
	}
	return nil
}

// ReturnPath gives back the path when it leads to a page of this server, else
// "/" (S-107).
func ReturnPath(path string) string {
	if len(path) == 0 || path[0] != '/' || strings.HasPrefix(path, "//") || strings.ContainsRune(path, '\\') {
		return "/"
	}
	for i := range len(path) {
		if path[i] <= 0x20 || path[i] > 0x7e {
			return "/"
		}
	}
	if u, err := url.Parse(path); err != nil || u.IsAbs() || u.Host != "" {
		return "/"
	}
	return path
}
