// Package iohandler stores the values of assets in an object store: a
// directory, memory, or, when the pipeline's main package links its driver, S3,
// Google Cloud Storage or Azure.
//
// A value is one immutable object
//
//	<asset>/<partition>/<value id>.<ext>
//
// below the URL of the store, created exclusively and never overwritten, and
// found by the reference that the materialization published. The partition of
// an asset that has none is "_". Beside the values of a key lies "latest", a line
// with the name of the newest object, for other tools; rivers never reads it. It
// may name an object that no materialization published.
//
// Slices of structs are stored as Parquet, all other values as JSON.
//
// The package must never guess a path when it loads, and must never import the
// driver of a cloud.
package iohandler
