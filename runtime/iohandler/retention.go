package iohandler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
	"time"

	"gocloud.dev/blob"

	"rivers.io/runtime/partition"
)

// Object is a stored object of an asset, whether or not anything refers to it.
type Object struct {
	// Path is the object's path as references have it.
	Path  string
	Bytes int64
	// Modified is when the object was written, by the store's clock.
	Modified time.Time
}

// Objects lists the stored values of an asset in the order of their paths: all
// of them, or those of one key. Pointers to the latest value and what a killed
// writer left unfinished are not listed. With the references that the record
// holds, whoever cleans up finds the values that nothing refers to.
func (b *Blob) Objects(ctx context.Context, asset string, key ...partition.Key) iter.Seq2[Object, error] {
	prefix := escape(asset) + "/"
	if len(key) > 0 {
		prefix = directory(asset, key[0])
	}
	return func(yield func(Object, error) bool) {
		list := b.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := list.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Object{}, fmt.Errorf("list %s: %w", prefix, err))
				return
			}
			if name := path.Base(o.Key); o.IsDir || name == latestName || strings.HasPrefix(name, ".") {
				continue
			}
			if !yield(Object{Path: o.Key, Bytes: o.Size, Modified: o.ModTime}, nil) {
				return
			}
		}
	}
}

// Delete removes one stored value; removing what is not there is no error. The
// caller knows that nothing refers to the value any more.
func (b *Blob) Delete(ctx context.Context, valuePath string) error {
	if err := checkPath(valuePath); err != nil {
		return err
	}
	if err := b.bucket.Delete(ctx, valuePath); err != nil && !isNotFound(err) {
		return fmt.Errorf("delete %s: %w", valuePath, err)
	}
	return nil
}
