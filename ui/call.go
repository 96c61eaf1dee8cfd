package ui

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"

	"rivers.io/runtime/store"
)

// call is one request on its way to an answer.
type call struct {
	*Server
	w       http.ResponseWriter
	r       *http.Request
	ctx     context.Context
	now     time.Time
	section string
	// here is the location of the address, and state its rows; both are zero
	// outside of a location.
	here  Location
	state store.Location
	// watched marks what the watch of the location had told of before its rows
	// were read.
	watched string
}

// handler answers a call or returns why it cannot.
type handler func(*call) error

func (s *Server) call(w http.ResponseWriter, r *http.Request, section string) *call {
	return &call{Server: s, w: w, r: r, ctx: r.Context(), now: s.config.Now(), section: section}
}

// bare wraps a handler that needs no location.
func (s *Server) bare(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := s.call(w, r, "")
		c.finish(s.fits(h)(c))
	}
}

// local wraps a handler below a location: it finds the location first.
func (s *Server) local(section string, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := s.call(w, r, section)
		if err := c.locate(); err != nil {
			c.finish(err)
			return
		}
		if s.misfit.Load() == nil && !s.draining.Load() {
			c.watched = s.hub.Attend(c.ctx, c.here.ID)
		}
		c.finish(s.fits(h)(c))
	}
}

// locate resolves the location of the address.
func (c *call) locate() error {
	ns, name := c.r.PathValue("ns"), c.r.PathValue("name")
	for _, l := range c.config.Locations.List() {
		if l.Namespace == ns && l.Name == name {
			c.here, c.state = l, c.config.Store.Location(l.ID)
			return nil
		}
	}
	return notFound("No such location", fmt.Sprintf("There is no code location %q in the namespace %q.", name, ns))
}

// finish answers what went wrong, if anything did.
func (c *call) finish(err error) {
	if err == nil {
		return
	}
	if errors.Is(err, context.Canceled) && c.r.Context().Err() != nil {
		return // nobody is listening
	}
	page := asPage(err)
	if page.status >= http.StatusInternalServerError && page != c.misfit.Load() {
		c.config.Logger.Error("page failed", "path", clean(c.r.URL.Path), "status", page.status, "err", err)
	}
	if !wantsHTML(c.r) {
		http.Error(c.w, page.title+": "+page.text, page.status)
		return
	}
	if err := c.answer(page.status, page.title, errorView(c, page), nil); err != nil {
		c.config.Logger.Error("error page failed", "path", clean(c.r.URL.Path), "err", err)
		http.Error(c.w, page.title+": "+page.text, page.status)
	}
}

// page answers with a page, or with the parts of it that the request names.
func (c *call) page(title string, body templ.Component, scripts ...string) error {
	return c.answer(http.StatusOK, title, body, scripts)
}

func (c *call) answer(status int, title string, body templ.Component, scripts []string) error {
	if c.watched != "" {
		c.w.Header().Set("Server-Timing", fmt.Sprintf("watch;desc=%q", c.watched)) // scripts can read no other header of their page
	}
	frame, err := c.frame(title, scripts)
	if err != nil {
		if status == http.StatusOK {
			return err
		}
		frame = c.plainFrame(title) // an error page must not fail with the store
	}
	var b bytes.Buffer
	full := shell(frame, body)
	if parts := c.fragments(); len(parts) > 0 && (status == http.StatusOK || status == http.StatusUnprocessableEntity) {
		err = templ.RenderFragments(c.ctx, &b, full, parts...)
	} else {
		err = full.Render(c.ctx, &b)
	}
	if err != nil {
		return fmt.Errorf("render %q: %w", title, err)
	}
	return c.send(status, "text/html; charset=utf-8", b.Bytes())
}

// fragments are the parts of the page that a live refresh asks for.
func (c *call) fragments() []any {
	var out []any
	for _, name := range strings.Fields(c.r.Header.Get("Rivers-Fragments")) {
		out = append(out, name)
	}
	return out
}

// worthCompressing is the size below which compression costs more than it
// saves, in bytes.
const worthCompressing = 1400

// send writes an answer, compressed where the client takes it.
func (c *call) send(status int, media string, body []byte) error {
	h := c.w.Header()
	h.Set("Content-Type", media)
	h.Add("Vary", "Accept-Encoding, Rivers-Fragments")
	if len(body) >= worthCompressing && strings.Contains(c.r.Header.Get("Accept-Encoding"), "gzip") {
		var z bytes.Buffer
		zw, err := gzip.NewWriterLevel(&z, gzip.BestSpeed)
		if err != nil {
			return err
		}
		if _, err := zw.Write(body); err != nil {
			return err
		}
		if err := zw.Close(); err != nil {
			return err
		}
		h.Set("Content-Encoding", "gzip")
		body = z.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	if c.r.Method == http.MethodHead {
		return nil
	}
	_, _ = c.w.Write(body) // the client may leave; there is nobody to tell
	return nil
}

// redirect sends the browser to a page after a form.
func (c *call) redirect(path string) error {
	http.Redirect(c.w, c.r, path, http.StatusSeeOther)
	return nil
}

// query returns one value of the query.
func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// path returns the address of a page below the location, with pairs of query
// names and values; empty values are left out.
func (c *call) path(below string, pairs ...string) string {
	return c.here.Path() + below + queryString(pairs...)
}

// pathWith returns the present address with some query values replaced.
func (c *call) pathWith(pairs ...string) string {
	q := c.r.URL.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if enc := q.Encode(); enc != "" {
		return c.r.URL.EscapedPath() + "?" + enc
	}
	return c.r.URL.EscapedPath()
}

// home leads to the first location that is ready, or waits for one.
func (c *call) home() error {
	all := c.config.Locations.List()
	ranked := slices.Clone(all)
	slices.SortStableFunc(ranked, func(a, b Location) int { return cmp.Compare(rank(a), rank(b)) })
	if len(ranked) > 0 && ranked[0].Phase == PhaseReady {
		return c.redirect(ranked[0].Path())
	}
	return c.page("Waiting for a location", waiting(c, all))
}

func rank(l Location) int {
	if l.Phase == PhaseReady {
		return 0
	}
	return 1
}

func (c *call) unknownPage() error {
	return notFound("No such page", "There is nothing at this address. Choose a location above, or go back.")
}

func (c *call) unknownSection() error {
	return notFound("No such page", "This location has no such page.")
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintln(w, "ok")
}

// readyz is 200 when the store answers, this build may read it, and the locations
// were seen once (S-138, S-161).
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	why := s.misfit.Load()
	switch _, err := s.config.Store.Schema(ctx); {
	case why != nil:
		http.Error(w, why.title+": "+why.text, http.StatusServiceUnavailable)
	case s.draining.Load():
		http.Error(w, "draining", http.StatusServiceUnavailable)
	case !s.config.Locations.Synced():
		http.Error(w, "locations are not synced yet", http.StatusServiceUnavailable)
	case err != nil:
		http.Error(w, "store: "+asPage(err).title, http.StatusServiceUnavailable)
	default:
		s.healthz(w, r)
	}
}
