package ui_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/rest"
	"rivers.io/ui/uitest"
)

// TestRefusalsOfTheAPI compares them with what the gateway writes itself.
func TestRefusalsOfTheAPI(t *testing.T) {
	s := newSite(t, uitest.Options{})
	for _, c := range []struct{ reason, path, host, origin, want, message string }{
		{"a page of another origin", "/v1/namespaces/local/codeLocations", "127.0.0.1:3000", "https://evil.example", "CROSS_ORIGIN", "the request comes from another origin"},
		{"a name bound to loopback", "/v1/namespaces/local/codeLocations", "evil.example", "", "HOST_NOT_ALLOWED", "this server answers to loopback names only, not to evil.example"},
	} {
		r := request(t.Context(), http.MethodPost, c.path, "")
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		got, want := do(t, s.Server, r), httptest.NewRecorder()
		rest.WriteError(want, http.StatusForbidden, fault.New(codes.PermissionDenied, c.want, c.message))
		if d := cmp.Diff(decoded(t, want), decoded(t, got)); d != "" || got.Code != want.Code || got.Header().Get("Content-Type") != want.Header().Get("Content-Type") {
			t.Errorf("%s: status %d: %s", c.reason, got.Code, d)
		}
	}
}

func decoded(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return out
}
