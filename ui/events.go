package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"rivers.io/ui/live"
)

// events streams hints of what changed at one location (S-88..S-91):
// /api/events?channels=runs,assets&location=ns/name. Without a location there
// must be exactly one.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	channels := live.Parse(r.URL.Query().Get("channels"))
	if len(channels) == 0 {
		http.Error(w, "channels: none of the names is known; known are runs, assets, events, lineage, location", http.StatusBadRequest)
		return
	}
	here, ok := s.find(r.URL.Query().Get("location"))
	if !ok {
		http.Error(w, "location: name one as namespace/name", http.StatusNotFound)
		return
	}
	if s.misfit.Load() != nil || s.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	go s.endWhenReplaced(ctx, end, here)
	s.hub.Serve(w, r.WithContext(ctx), here.ID, channels, s.config.StreamLimit)
}

// endWhenReplaced ends a stream once its location goes by another identity, as
// after its first registration: the client connects anew and watches that one.
func (s *Server) endWhenReplaced(ctx context.Context, end context.CancelFunc, here Location) {
	for {
		changed := s.config.Locations.Changed()
		if now, ok := s.find(here.id()); !ok || now.ID != here.ID {
			end()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// find returns the location called namespace/name; no name means the only one.
func (s *Server) find(name string) (Location, bool) {
	all := s.config.Locations.List()
	if name == "" && len(all) == 1 {
		return all[0], true
	}
	ns, rest, _ := strings.Cut(name, "/")
	for _, l := range all {
		if l.Namespace == ns && l.Name == rest {
			return l, true
		}
	}
	return Location{}, false
}

// liveCounters answers the hub's figures (S-94).
func (s *Server) liveCounters(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.hub.Counters())
}
