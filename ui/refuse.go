package ui

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Codes of a google.rpc.Status.
const (
	permissionDenied   = 7
	failedPrecondition = 9
)

// refuse answers a request that may not reach any handler: in words, and below
// /v1/ as the REST gateway answers its errors, so that programs read one form
// wherever a request is refused.
func refuse(w http.ResponseWriter, r *http.Request, status int, reason, message string) {
	if !strings.HasPrefix(r.URL.Path, "/v1/") {
		http.Error(w, "refused: "+message, status)
		return
	}
	apiError(w, http.StatusForbidden, permissionDenied, reason, message)
}

// apiError answers a google.rpc.Status as JSON, as the REST gateway does.
func apiError(w http.ResponseWriter, status, code int, reason, message string) {
	body, err := json.Marshal(map[string]any{
		"code": code, "message": message,
		"details": []any{map[string]any{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "rivers.io", "metadata": map[string]string{},
		}},
	})
	if err != nil {
		http.Error(w, message, status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may leave; there is nobody to tell
}
