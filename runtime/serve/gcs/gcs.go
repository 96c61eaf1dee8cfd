// Package gcs links the driver for values in Google Cloud Storage. A pipeline's
// main package imports it for its effect:
//
//	import _ "rivers.io/runtime/serve/gcs"
//
// and names the store by a URL such as gs://bucket?prefix=values/. Credentials
// are the application's default ones. The package must hold nothing else.
package gcs

import _ "gocloud.dev/blob/gcsblob" // gs://
