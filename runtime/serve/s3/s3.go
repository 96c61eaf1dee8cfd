// Package s3 links the driver for values in Amazon S3 and in stores that speak
// its protocol. A pipeline's main package imports it for its effect:
//
//	import _ "rivers.io/runtime/serve/s3"
//
// and names the store by a URL such as
//
//	s3://bucket?region=eu-central-1&prefix=values/
//	s3://bucket?region=us-east-1&endpoint=http://127.0.0.1:7070&use_path_style=true
//
// Credentials come from where the AWS SDK finds them. The package must hold
// nothing else.
package s3

import _ "gocloud.dev/blob/s3blob" // s3://
