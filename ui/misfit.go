package ui

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"rivers.io/runtime/store"
	"rivers.io/ui/live"
)

// misfitHeader marks the answers of a server that may no longer read its
// database, so that open pages give way to the one that says so.
const misfitHeader = "Rivers-Misfit"

// watchSchema waits for the schema to rise past what this build may read. From
// then on nothing is answered but the reason, and every stream ends; the process
// stays, for a restart would find the same database (S-161).
func (s *Server) watchSchema() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.workers.Go(func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	})
	err := s.config.Store.AwaitIncompatible(ctx)
	if !errors.Is(err, store.ErrSchema) {
		return
	}
	s.misfit.Store(&pageError{
		status: http.StatusServiceUnavailable, title: "The database moved on",
		text:  schemaWords(err) + " Stop this program and start the newer one; what is stored is untouched, and this page comes back by itself.",
		cause: err,
	})
	s.config.Logger.Error("the database moved on; draining", "component", "ui", "err", err)
	s.hub.Notify("", live.Location)
	s.hub.Close()
}

// schemaWords are the words of a schema error as a sentence.
func schemaWords(err error) string {
	text := strings.TrimSuffix(err.Error(), ": "+store.ErrSchema.Error())
	if i := strings.Index(text, "the database"); i > 0 {
		text = text[i:] // what the store was doing says nothing to people
	}
	return sentence(text)
}

// fits wraps what reads the store: when the database moved on, nothing does.
func (s *Server) fits(h handler) handler {
	return func(c *call) error {
		if why := s.misfit.Load(); why != nil {
			c.w.Header().Set(misfitHeader, "1")
			return why
		}
		return h(c)
	}
}
