package browser

import (
	"log/slog"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"rivers.io/internal/chromium"
	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

func TestMain(m *testing.M) { chromium.Main(m) }

// atWork is true once the script of a page is at work.
const atWork = `document.documentElement.classList.contains("js") && document.readyState === "complete"`

// site is a filled UI behind a real listener.
type site struct {
	*uitest.Site
	http *httptest.Server
}

func newSite(t *testing.T, o uitest.Options) *site {
	t.Helper()
	o.Dir, o.Now, o.Logger = t.TempDir(), time.Now(), slog.New(slog.DiscardHandler)
	s, err := uitest.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Free()
	server := httptest.NewServer(s.Server)
	t.Cleanup(func() {
		s.Server.Drain()
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &site{s, server}
}

// page is a tab that looks at a site.
type page struct {
	*chromium.Page
	t *testing.T
}

// open opens a path of the site in a new tab.
func (s *site) open(t *testing.T, path string) *page {
	t.Helper()
	p := &page{chromium.Open(t, s.http.URL, atWork), t}
	p.Go(path)
	return p
}

// eval returns what an expression gives; promises are awaited.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	return chromium.Eval[T](p.Page, expression)
}

// listen opens a TCP listener.
func listen(address string) (net.Listener, error) { return net.Listen("tcp", address) }

// uiLaunch is a small launch.
func uiLaunch() ui.Launch { return ui.Launch{Selection: "airports", RequestID: "announce"} }
