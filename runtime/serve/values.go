package serve

import (
	"context"
	"errors"
	"io"

	"rivers.io/runtime/event"
	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/metadata"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/server"
	"rivers.io/runtime/store"
)

// values lets the server read what the blob handler stored.
type values struct{ blob *iohandler.Blob }

var _ server.Values = values{}

func refOf(r event.ValueRef) rivers.Ref {
	return rivers.Ref{Handler: r.Handler, Path: r.Path, Format: r.Format, Bytes: r.Bytes}
}

// Preview implements server.Values.
func (v values) Preview(ctx context.Context, ref event.ValueRef, rows int) (server.Table, error) {
	p, err := v.blob.Preview(ctx, refOf(ref), rows)
	if err != nil {
		return server.Table{}, notFound(err)
	}
	return server.Table{Columns: columnsOf(p.Columns), Total: p.Total, Truncated: p.Truncated, Rows: p.Objects()}, nil
}

// Rows implements server.Values.
func (v values) Rows(ctx context.Context, ref event.ValueRef) (server.Table, error) {
	rows, err := v.blob.Rows(ctx, refOf(ref))
	if err != nil {
		return server.Table{}, notFound(err)
	}
	return server.Table{Columns: columnsOf(rows.Columns), Total: rows.Total, Rows: rows.All}, nil
}

// Open implements server.Values.
func (v values) Open(ctx context.Context, ref event.ValueRef) (io.ReadCloser, error) {
	r, err := v.blob.Open(ctx, refOf(ref))
	return r, notFound(err)
}

func notFound(err error) error {
	if errors.Is(err, rivers.ErrNotFound) {
		return errors.Join(store.ErrNotFound, err)
	}
	return err
}

func columnsOf(in []metadata.Column) []server.Column {
	out := make([]server.Column, len(in))
	for i, c := range in {
		out[i] = server.Column{Name: c.Name, Type: c.Type}
	}
	return out
}
