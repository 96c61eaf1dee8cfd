package iohandler

import (
	"context"
	"io"

	"gocloud.dev/blob"
)

// writer writes objects.
type writer interface {
	// create writes an object that must not exist, and publishes nothing when
	// write fails or ctx ends before.
	create(ctx context.Context, path, contentType string, write func(io.Writer) error) error
	// replace writes a small object, whether it exists or not.
	replace(ctx context.Context, path string, content []byte) error
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
