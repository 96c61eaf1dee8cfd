package iohandler

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"rivers.io/runtime/metadata"
	"rivers.io/runtime/rivers"
)

// HandlerName is the name under which references to stored objects are
// recorded.
const HandlerName = "blob"

// Blob stores values as objects of one store. It is safe for concurrent use.
type Blob struct {
	bucket *blob.Bucket
	writer writer
}

var _ rivers.Handler = (*Blob)(nil)

// Name returns HandlerName.
func (b *Blob) Name() string { return HandlerName }

// Close releases the store.
func (b *Blob) Close() error { return b.bucket.Close() }

// HandleOutput writes value as a new object and returns where it is. Metadata:
// path, serializer, bytes, rows, duration, and rivers/schema for rows with
// columns (D-123).
//
// The pointer "latest" beside the object moves before the engine accepts the
// materialization. It may therefore name a value that was never published: of an
// attempt that lost its run to another executor, that failed after it stored, or
// whose abandoned function went on. It is for other tools, which want the newest
// object that was written; what an asset's value is, only the reference of its
// materialization says. Once ctx ended the pointer stays where it is.
func (b *Blob) HandleOutput(ctx *rivers.OutputContext, value any) (rivers.Ref, error) {
	f := serializerFor(ctx.Type)
	dir := directory(ctx.Asset, ctx.Partition)
	object := ctx.ValueID + f.ext()
	start := time.Now()
	size, what, err := b.create(ctx, dir+object, f, value)
	if err != nil {
		return rivers.Ref{}, fmt.Errorf("write %s: %w", dir+object, err)
	}
	b.point(ctx, dir+latestName, object)
	ctx.AddMetadata("path", metadata.Path(dir+object))
	ctx.AddMetadata("serializer", f.name())
	ctx.AddMetadata("bytes", metadata.Bytes(size))
	ctx.AddMetadata("duration", metadata.Duration(time.Since(start)))
	if what.rows >= 0 {
		ctx.AddMetadata("rows", what.rows)
	}
	if what.schema != nil {
		ctx.AddMetadata("rivers/schema", what.schema)
	}
	return rivers.Ref{Handler: HandlerName, Path: dir + object, Format: f.name(), Bytes: size}, nil
}

// point moves the pointer to the newest object, unless the attempt is not wanted
// any more.
func (b *Blob) point(ctx *rivers.OutputContext, path, object string) {
	if ctx.Err() != nil {
		return
	}
	if err := b.writer.replace(ctx, path, []byte(object+"\n")); err != nil {
		ctx.Logger.Warn("update the pointer to the latest value", "path", path, "error", err)
	}
}

// create writes one object that must not exist and tells its size.
func (b *Blob) create(ctx context.Context, path string, f serializer, value any) (size int64, what written, err error) {
	err = b.writer.create(ctx, path, f.contentType(), func(w io.Writer) (err error) {
		buffered := bufio.NewWriterSize(w, writeBuffer)
		counted := &countingWriter{to: buffered}
		if what, err = f.write(counted, value); err != nil {
			return err
		}
		size = counted.n
		return buffered.Flush()
	})
	return size, what, err
}

// writeBuffer gathers the small writes of serializers.
const writeBuffer = 64 << 10

// LoadInput reads the object of the reference into target. A missing object is
// rivers.ErrNotFound; one of another size than recorded is an error.
func (b *Blob) LoadInput(ctx *rivers.InputContext, target any) error {
	f, ok := serializerNamed(ctx.Ref.Format)
	if !ok {
		return fmt.Errorf("read %s: unknown format %q", ctx.Ref.Path, ctx.Ref.Format)
	}
	raw, err := b.readAll(ctx, ctx.Ref)
	if err != nil {
		return err
	}
	if err := f.read(bytes.NewReader(raw), int64(len(raw)), target); err != nil {
		return fmt.Errorf("read %s: %w", ctx.Ref.Path, err)
	}
	return nil
}

func (b *Blob) readAll(ctx context.Context, ref rivers.Ref) ([]byte, error) {
	raw, err := b.bucket.ReadAll(ctx, ref.Path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref.Path, storeError(err))
	}
	if int64(len(raw)) != ref.Bytes {
		return nil, fmt.Errorf("read %s: the object has %d bytes, %d were recorded", ref.Path, len(raw), ref.Bytes)
	}
	return raw, nil
}

// storeError makes the well-known error of a missing object.
func storeError(err error) error {
	if isNotFound(err) {
		return fmt.Errorf("%w: %w", rivers.ErrNotFound, err)
	}
	return err
}

func isNotFound(err error) bool { return gcerrors.Code(err) == gcerrors.NotFound }

type countingWriter struct {
	to io.Writer
	n  int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}
