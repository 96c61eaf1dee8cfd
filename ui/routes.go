package ui

import (
	"net/http"
	"strings"

	"rivers.io/ui/static"
)

// route is one entry of the router. Every route is private unless it says
// otherwise: a server with login asks who calls before a private one.
type route struct {
	pattern string
	public  bool
	// bare routes answer by themselves and need no location.
	bare http.HandlerFunc
	// local routes live below a location.
	local handler
	// section is what the rail marks as open.
	section string
}

const at = "/locations/{ns}/{name}"

// routes is every route of the server; a test walks it.
func (s *Server) routes() []route {
	return []route{
		{pattern: "GET /healthz", public: true, bare: s.healthz},
		{pattern: "GET /readyz", public: true, bare: s.readyz},
		{pattern: "GET " + static.Prefix, bare: s.files.ServeHTTP},
		{pattern: "GET /favicon.ico", bare: s.favicon},
		{pattern: "GET /api/events", bare: s.events},
		{pattern: "GET /debug/live", bare: s.liveCounters},
		{pattern: "/v1/", bare: s.gateway},
		{pattern: "GET /{$}", bare: s.bare((*call).home)},
		{pattern: "/", bare: s.bare((*call).unknownPage)},

		{pattern: "GET " + at, local: (*call).overview, section: "overview"},
		{pattern: "GET " + at + "/{$}", local: (*call).overview, section: "overview"},
		{pattern: "GET " + at + "/assets", local: (*call).assets, section: "assets"},
		{pattern: "GET " + at + "/assets/{asset}", local: (*call).asset, section: "assets"},
		{pattern: "GET " + at + "/assets/{asset}/keys", local: (*call).keys, section: "assets"},
		{pattern: "GET " + at + "/assets/{asset}/partitions.json", local: (*call).partitionsJSON, section: "assets"},
		{pattern: "GET " + at + "/runs", local: (*call).runs, section: "runs"},
		{pattern: "POST " + at + "/runs", local: (*call).bulkRuns, section: "runs"},
		{pattern: "GET " + at + "/runs/{run}", local: (*call).run, section: "runs"},
		{pattern: "POST " + at + "/runs/{run}", local: (*call).actOnRun, section: "runs"},
		{pattern: "GET " + at + "/runs/{run}/events.csv", local: (*call).eventsCSV, section: "runs"},
		{pattern: "GET " + at + "/runs/{run}/gantt.json", local: (*call).ganttJSON, section: "runs"},
		{pattern: "GET " + at + "/runs/{run}/graph.json", local: (*call).runGraphJSON, section: "runs"},
		{pattern: "GET " + at + "/runs/{run}/graph/status.json", local: (*call).runGraphStatus, section: "runs"},
		{pattern: "GET " + at + "/runs/{run}/logs", local: (*call).logLines, section: "runs"},
		{pattern: "GET " + at + "/runs/{run}/logs.txt", local: (*call).logText, section: "runs"},
		{pattern: "GET " + at + "/graph", local: (*call).graph, section: "graph"},
		{pattern: "GET " + at + "/graph.json", local: (*call).graphJSON, section: "graph"},
		{pattern: "GET " + at + "/graph/status.json", local: (*call).graphStatus, section: "graph"},
		{pattern: "GET " + at + "/graph/facts", local: (*call).graphFacts, section: "graph"},
		{pattern: "GET " + at + "/deployment", local: (*call).deployment, section: "deployment"},
		{pattern: "GET " + at + "/materialize", local: (*call).materialize, section: "assets"},
		{pattern: "POST " + at + "/materialize", local: (*call).launch, section: "assets"},
		{pattern: "GET " + at + "/search", local: (*call).search, section: "search"},
		{pattern: at + "/{rest...}", local: (*call).unknownSection},
	}
}

// mux builds the router.
func (s *Server) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		h := r.bare
		if h == nil {
			h = s.local(r.section, r.local)
		}
		mux.HandleFunc(r.pattern, h)
	}
	return mux
}

// gateway passes REST on.
func (s *Server) gateway(w http.ResponseWriter, r *http.Request) {
	if s.config.Gateway == nil {
		http.NotFound(w, r)
		return
	}
	if why := s.misfit.Load(); why != nil {
		apiError(w, http.StatusServiceUnavailable, failedPrecondition, "SCHEMA_MISMATCH", why.text)
		return
	}
	s.config.Gateway.ServeHTTP(w, r)
}

// favicon answers browsers that ask before they read the page.
func (s *Server) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, s.files.URL("icon.svg"), http.StatusFound)
}

// wantsHTML tells a browser from a program.
func wantsHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }
