package iohandler

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/partition"
)

// Object is a stored object of an asset, whether or not anything refers to it.
type Object struct {
	// Path is the object's path as references have it.
	Path  string
	Bytes int64
	// Modified is when the object was written, by the store's clock.
	Modified time.Time
	// ID is the value id, a UUIDv7; uuid.Nil for an object that is not named as
	// a value is, which rivers did not write.
	ID uuid.UUID
	// Key is the partition that the object lies in; it is empty for an asset
	// without partitions. KeyKnown is false when the path does not tell it: of a
	// foreign object, and of a key so long that its part of the path is cut.
	Key      partition.Key
	KeyKnown bool
}

// Objects lists the stored values of an asset, partition by partition in the order
// of their names: all of them, or those of one key. Pointers to the latest value and what a killed
// writer left unfinished are not listed. With the references that the record
// holds, whoever cleans up finds the values that nothing refers to.
func (b *Blob) Objects(ctx context.Context, asset string, key ...partition.Key) iter.Seq2[Object, error] {
	prefix := escape(asset) + "/"
	if len(key) > 0 {
		prefix = directory(asset, key[0])
	}
	return func(yield func(Object, error) bool) {
		for found, err := range b.writer.list(ctx, prefix) {
			if err != nil {
				yield(Object{}, fmt.Errorf("list %s: %w", prefix, err))
				return
			}
			if name := path.Base(found.Path); name == latestName || strings.HasPrefix(name, ".") {
				continue
			}
			found.identify()
			if !yield(found, nil) {
				return
			}
		}
	}
}

// identify reads from the path what it tells.
func (o *Object) identify() {
	parts := strings.Split(o.Path, "/")
	if len(parts) != 3 {
		return
	}
	id, known := ValueID(o.Path)
	if !known {
		return
	}
	o.ID = id
	if parts[1] == unpartitioned {
		o.KeyKnown = true
		return
	}
	text, err := url.PathUnescape(parts[1])
	if key := partition.Key(text); err == nil && segmentOf(key) == parts[1] {
		o.Key, o.KeyKnown = key, true
	}
}

// ValueID returns the value id that the last part of a path names, which is that
// of a value: a UUIDv7 and the ending of a serializer.
func ValueID(valuePath string) (uuid.UUID, bool) {
	name := path.Base(valuePath)
	for _, f := range serializers {
		text, ok := strings.CutSuffix(name, f.ext())
		if !ok {
			continue
		}
		if id, err := uuid.Parse(text); err == nil && id.Version() == 7 && id.String() == text {
			return id, true
		}
	}
	return uuid.Nil, false
}

// Directory returns where the values of one key of an asset lie, with a slash at
// its end; the key is empty for an asset without partitions.
func Directory(asset string, key partition.Key) string { return directory(asset, key) }

// maxPointer bounds what is read of a pointer to the latest value.
const maxPointer = 1024

// Newest returns the path of the object that the pointer "latest" in a directory
// names; empty when there is no pointer. A pointer that is longer than any name is
// an error.
func (b *Blob) Newest(ctx context.Context, directory string) (string, error) {
	r, err := b.bucket.NewRangeReader(ctx, directory+latestName, 0, maxPointer+1, nil)
	if isNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", directory+latestName, err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", directory+latestName, err)
	}
	if len(raw) > maxPointer {
		return "", fmt.Errorf("read %s: it names no object", directory+latestName)
	}
	return directory + strings.TrimSpace(string(raw)), nil
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
