package server_test

import (
	"net/http"
	"testing"

	riversv1 "rivers.io/proto/rivers/v1"
)

func TestOneListenerSpeaksBoth(t *testing.T) {
	r := newRig(t)
	ping, err := r.location.Ping(r.ctx(), &riversv1.PingRequest{})
	if err != nil || ping.Name != "aviation" || ping.Status != "ok" {
		t.Errorf("gRPC ping = %v, %v", ping, err)
	}
	if got := r.call(http.MethodGet, base+":ping", "", nil); got.code != http.StatusOK || got.json(t)["name"] != "aviation" {
		t.Errorf("REST ping = %d %s", got.code, got.body)
	}
	got := r.call(http.MethodPost, base+"/runs:materialize", `{"selection":"+report","partitions":"2001-01-01..2001-01-03"}`, nil)
	if got.code != http.StatusOK {
		t.Fatalf("materialize = %d %s", got.code, got.body)
	}
	t.Log(got.body)
}
