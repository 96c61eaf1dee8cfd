package ui

import (
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"rivers.io/ui/graphs"
	"rivers.io/ui/live"
	"rivers.io/ui/static"
)

// Server answers for the whole origin: pages, live updates, REST. Make it with
// New, and Close it after the HTTP server stopped taking requests.
type Server struct {
	config   Config
	files    *static.Files
	hub      *live.Hub
	tokens   *formTokens
	handler  http.Handler
	catalogs catalogs
	folds    folds
	drawings *graphs.Cache
	// activities spares the pages of one moment the same work.
	activities activities
	// noted spares the lineage the counting of keys.
	noted    noteCache
	draining atomic.Bool
	// misfit says why the database may no longer be read; nil while it may.
	misfit   atomic.Pointer[pageError]
	stop     chan struct{}
	stopOnce sync.Once
	workers  sync.WaitGroup
}

// New checks the configuration and builds the server. It opens nothing and
// returns at once.
func New(config Config) (*Server, error) {
	var problems []error
	if config.Store == nil {
		problems = append(problems, errors.New("ui: Config.Store is missing"))
	}
	if config.Locations == nil {
		problems = append(problems, errors.New("ui: Config.Locations is missing"))
	}
	if config.Logger == nil {
		problems = append(problems, errors.New("ui: Config.Logger is missing"))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.StreamLimit == 0 {
		config.StreamLimit = time.Hour
	}
	s := &Server{config: config, files: static.New(), tokens: newFormTokens(), drawings: graphs.NewCache(), stop: make(chan struct{})}
	s.hub = live.NewHub(config.Store.Location, config.Logger.With("component", "live"))
	s.handler = secure(config.Loopback, s.mux())
	s.workers.Go(s.announceLocations)
	s.workers.Go(s.watchSchema)
	return s, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Drain turns /readyz off and ends every stream, so that clients go elsewhere
// and http.Server.Shutdown does not wait for them. It may be called again.
func (s *Server) Drain() {
	s.draining.Store(true)
	s.stopOnce.Do(func() { close(s.stop) })
	s.hub.Close()
}

// Close drains, and waits for everything that the server started.
func (s *Server) Close() error {
	s.Drain()
	s.workers.Wait()
	return nil
}

// announceLocations tells open pages when a location changed its phase.
func (s *Server) announceLocations() {
	for {
		changed := s.config.Locations.Changed()
		select {
		case <-s.stop:
			return
		case <-changed:
			s.hub.Notify("", live.Location)
		}
	}
}

// escape makes one path segment of a name.
func escape(name string) string { return url.PathEscape(name) }
