package ui

import (
	"context"
	"errors"
	"net/http"

	"rivers.io/runtime/store"
)

// pageError is an error with the status and the words of its page.
type pageError struct {
	status int
	title  string
	text   string
	cause  error
}

func (e *pageError) Error() string {
	if e.cause != nil {
		return e.title + ": " + e.cause.Error()
	}
	return e.title
}

func (e *pageError) Unwrap() error { return e.cause }

func notFound(title, text string) error {
	return &pageError{status: http.StatusNotFound, title: title, text: text}
}

func badRequest(text string) error {
	return &pageError{status: http.StatusBadRequest, title: "That request cannot be read", text: text}
}

func forbidden(text string) error {
	return &pageError{status: http.StatusForbidden, title: "Refused", text: text}
}

// asPage turns any error into the page that tells of it.
func asPage(err error) *pageError {
	var page *pageError
	var refused *Refused
	switch {
	case errors.As(err, &page):
		return page
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &pageError{http.StatusServiceUnavailable, "The page took too long", "The store did not answer in time. Try again; the server's log has the details.", err}
	case errors.As(err, &refused):
		return &pageError{http.StatusUnprocessableEntity, "Refused", refused.Message, err}
	case errors.Is(err, ErrUnreachable):
		return &pageError{http.StatusBadGateway, "The location does not answer", "Nothing was changed. Try again when the location is up.", err}
	case errors.Is(err, store.ErrNotFound):
		return &pageError{http.StatusNotFound, "Nothing here", "It may have been deleted, or never existed.", err}
	case errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrPrecondition):
		return &pageError{http.StatusBadRequest, "That request cannot be read", "Its address is no longer valid, or never was. Begin at the list again.", err}
	case errors.Is(err, store.ErrNotReady):
		return &pageError{http.StatusServiceUnavailable, "Nothing is stored yet", "The database is empty. It is filled as soon as a code location starts.", err}
	case errors.Is(err, store.ErrSchema):
		return &pageError{http.StatusServiceUnavailable, "The database and this program do not fit", err.Error(), err}
	case errors.Is(err, store.ErrUnavailable):
		return &pageError{http.StatusServiceUnavailable, "The store does not answer", "Nothing is lost. Try again in a moment.", err}
	}
	return &pageError{http.StatusInternalServerError, "Something went wrong", "The server's log has the details.", err}
}
