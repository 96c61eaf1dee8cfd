// Package azure links the driver for values in Azure Blob Storage. A pipeline's
// main package imports it for its effect:
//
//	import _ "rivers.io/runtime/serve/azure"
//
// and names the store by a URL such as azblob://container?prefix=values/.
// Account and credentials come from the AZURE_STORAGE_ variables. The package
// must hold nothing else.
package azure

import _ "gocloud.dev/blob/azureblob" // azblob://
