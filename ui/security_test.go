package ui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReturnPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ reason, in, want string }{
		{"a page", "/locations/a/b?tab=events#x", "/locations/a/b?tab=events#x"},
		{"nothing", "", "/"},
		{"a relative path", "runs", "/"},
		{"another host by two slashes", "//evil", "/"},
		{"another host by a backslash", `/\evil`, "/"},
		{"another origin", "https://evil", "/"},
		{"a line break", "/ok\n", "/"},
		{"a control character", "/ok\x00", "/"},
		{"letters beyond ASCII", "/ök", "/"},
		{"a scheme without slashes", "javascript:alert(1)", "/"},
	} {
		if got := ReturnPath(c.in); got != c.want {
			t.Errorf("%s: ReturnPath(%q) = %q, want %q", c.reason, c.in, got, c.want)
		}
	}
}

func TestFormTokens(t *testing.T) {
	t.Parallel()
	f, other := newFormTokens(), newFormTokens()
	a, b := f.issue(), f.issue()
	if a == b {
		t.Error("two tokens are equal: their mask does not change")
	}
	for _, c := range []struct {
		reason, token string
		want          bool
	}{
		{"its own", a, true},
		{"its own again", b, true},
		{"of another process", other.issue(), false},
		{"empty", "", false},
		{"cut", a[:len(a)-2], false},
		{"no base64", "!!!", false},
		{"zeros", strings.Repeat("A", len(a)), false},
	} {
		if got := f.valid(c.token); got != c.want {
			t.Errorf("%s: valid = %v", c.reason, got)
		}
	}
}

func TestSecure(t *testing.T) {
	t.Parallel()
	h := secure(true, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		reason, method, host string
		header               map[string]string
		want                 int
	}{
		{"a page on loopback", "GET", "127.0.0.1:3000", nil, 204},
		{"localhost by name", "GET", "localhost:3000", nil, 204},
		{"IPv6 loopback", "GET", "[::1]:3000", nil, 204},
		{"a foreign name that was bound to loopback", "GET", "evil.example:3000", nil, 421},
		{"a name that only begins like loopback", "GET", "127.0.0.1.evil.example", nil, 421},
		{"a form of this origin", "POST", "127.0.0.1:3000", map[string]string{"Origin": "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-origin"}, 204},
		{"a program without origin", "POST", "127.0.0.1:3000", nil, 204},
		{"a foreign origin", "POST", "127.0.0.1:3000", map[string]string{"Origin": "https://evil.example"}, 403},
		{"another port is another origin", "POST", "127.0.0.1:3000", map[string]string{"Origin": "http://127.0.0.1:4000"}, 403},
		{"a hidden origin", "POST", "127.0.0.1:3000", map[string]string{"Origin": "null"}, 403},
		{"a foreign site by fetch metadata", "DELETE", "127.0.0.1:3000", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"a sibling site", "POST", "127.0.0.1:3000", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"reading is free of the check", "GET", "127.0.0.1:3000", map[string]string{"Sec-Fetch-Site": "cross-site"}, 204},
	} {
		r := httptest.NewRequest(c.method, "http://x/", nil)
		r.Host = c.host
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: status %d, want %d", c.reason, w.Code, c.want)
		}
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", c.reason, w.Header())
		}
	}
}

// TestRoutesArePrivate walks the router: whatever is public is named here
// (S-103).
func TestRoutesArePrivate(t *testing.T) {
	t.Parallel()
	public := map[string]bool{"GET /healthz": true, "GET /readyz": true}
	s := &Server{}
	for _, r := range s.routes() {
		if r.public != public[r.pattern] {
			t.Errorf("%s: public is %v", r.pattern, r.public)
		}
		if (r.bare == nil) == (r.local == nil) {
			t.Errorf("%s must have one handler", r.pattern)
		}
	}
}
