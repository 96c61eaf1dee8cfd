package iohandler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"gocloud.dev/blob"
)

// objectBuffer is how much of an object one request for a part reads.
const objectBuffer = 64 << 10

// prefetched is the size up to which an object is read by a single request.
const prefetched = 4 << 20

// errTooMuch says that a preview would have to read too much.
var errTooMuch = errors.New("too large for a preview")

// object reads parts of one stored object, up to a bound in all.
type object struct {
	ctx    context.Context //nolint:containedctx // io.ReaderAt takes none; lives for one preview
	bucket *blob.Bucket
	path   string
	size   int64
	room   int64
	cached []byte
}

// prefetch reads a small object whole.
func (o *object) prefetch() error {
	if o.size > prefetched {
		return nil
	}
	raw, err := o.part(0, o.size)
	o.cached = raw
	return err
}

// head reads the beginning of the object, as far as there is room.
func (o *object) head() ([]byte, error) { return o.part(0, min(o.size, prefetched)) }

// ReadAt implements io.ReaderAt.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= o.size {
		return 0, io.EOF
	}
	want := min(int64(len(p)), o.size-off)
	if o.cached != nil {
		copy(p, o.cached[off:off+want])
	} else {
		raw, err := o.part(off, want)
		if err != nil {
			return 0, err
		}
		copy(p, raw)
	}
	if want < int64(len(p)) {
		return int(want), io.EOF
	}
	return int(want), nil
}

func (o *object) part(off, length int64) ([]byte, error) {
	if o.room -= length; o.room < 0 {
		return nil, errTooMuch
	}
	r, err := o.bucket.NewRangeReader(o.ctx, o.path, off, length, nil)
	if err != nil {
		return nil, storeError(err)
	}
	defer r.Close()
	raw := make([]byte, length)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, fmt.Errorf("bytes %d to %d: %w", off, off+length, err)
	}
	return raw, nil
}

// checkPath refuses a path that no value has: a reference comes from the
// record, but a preview is asked for from outside.
func checkPath(path string) error {
	for _, segment := range strings.Split(path, "/") {
		if segment == "" || strings.HasPrefix(segment, ".") {
			return fmt.Errorf("%q is not the path of a value", path)
		}
	}
	return nil
}
