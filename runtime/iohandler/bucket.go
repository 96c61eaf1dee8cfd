package iohandler

import (
	"context"
	"errors"
	"io"
	"iter"

	"gocloud.dev/blob"
)

// writer writes objects, and lists them.
type writer interface {
	// create writes an object that must not exist, and publishes nothing when
	// write fails or ctx ends before.
	create(ctx context.Context, path, contentType string, write func(io.Writer) error) error
	// replace writes a small object, whether it exists or not.
	replace(ctx context.Context, path string, content []byte) error
	// list yields the path, size and time of everything whose path begins with
	// prefix, which ends in a slash. What vanishes meanwhile is no error.
	list(ctx context.Context, prefix string) iter.Seq2[Object, error]
}

// bucketWriter writes objects of stores that can refuse an existing one
// themselves.
type bucketWriter struct{ bucket *blob.Bucket }

func (b bucketWriter) create(ctx context.Context, path, contentType string, write func(io.Writer) error) error {
	ctx, abandon := context.WithCancel(ctx)
	defer abandon()
	w, err := b.bucket.NewWriter(ctx, path, &blob.WriterOptions{
		ContentType: contentType, IfNotExist: true, DisableContentTypeDetection: true,
	})
	if err != nil {
		return err
	}
	if err := write(w); err != nil {
		abandon() // a Close under a canceled context publishes nothing
		_ = w.Close()
		return err
	}
	return w.Close()
}

func (b bucketWriter) replace(ctx context.Context, path string, content []byte) error {
	return b.bucket.WriteAll(ctx, path, content, nil)
}

func (b bucketWriter) list(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		list := b.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := list.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Object{}, err)
				return
			}
			if !o.IsDir && !yield(Object{Path: o.Key, Bytes: o.Size, Modified: o.ModTime}, nil) {
				return
			}
		}
	}
}
