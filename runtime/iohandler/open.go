package iohandler

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file://
	_ "gocloud.dev/blob/memblob"  // mem://
)

// drivers name the package that links the driver of a scheme.
var drivers = map[string]string{
	"s3":     "rivers.io/runtime/serve/s3",
	"gs":     "rivers.io/runtime/serve/gcs",
	"azblob": "rivers.io/runtime/serve/azure",
}

// OpenBlob opens the store at a URL: file:///dir (made when missing), mem:// (of
// this process alone, for tests), or the URL of a cloud whose driver is linked,
// such as s3://bucket?prefix=values/. Nothing is read or written yet except
// that a directory is made. file:///dir?sync=true forces every value to disk, so
// that it outlives a loss of power and not only the end of the process.
func OpenBlob(ctx context.Context, storeURL string) (*Blob, error) {
	u, err := url.Parse(storeURL)
	if err != nil {
		return nil, errors.New("values URL is not a URL")
	}
	if err := checkScheme(u); err != nil {
		return nil, err
	}
	var dir *directoryWriter
	if u.Scheme == "file" {
		if dir, err = newDirectoryWriter(u); err != nil {
			return nil, err
		}
	}
	bucket, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("open the values at %s: %w", u.Redacted(), err)
	}
	if dir != nil {
		return &Blob{bucket: bucket, writer: dir}, nil
	}
	return &Blob{bucket: bucket, writer: bucketWriter{bucket}}, nil
}

func checkScheme(u *url.URL) error {
	if blob.DefaultURLMux().ValidBucketScheme(u.Scheme) {
		return nil
	}
	if pkg, ok := drivers[u.Scheme]; ok {
		return fmt.Errorf("values URL %s: this program does not link the driver of %s:// stores; import _ %q in its main package",
			u.Redacted(), u.Scheme, pkg)
	}
	known := blob.DefaultURLMux().BucketSchemes()
	slices.Sort(known)
	return fmt.Errorf("values URL %s: unknown scheme %q; known are %s", u.Redacted(), u.Scheme, strings.Join(known, ", "))
}
