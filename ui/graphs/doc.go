// Package graphs answers the lineage graph element of the pages: the drawing of
// a topology, made off the request's goroutine and kept by the topology's hash,
// and the status of its nodes, which changes without a new drawing.
//
//	<rivers-graph src="…/graph.json" status-src="…/graph/status.json">
//
//	src         GET → Wire. Parameters: collapse=a&collapse=b draws the groups a
//	            and b as one node each; focus=NAME&up=2&down=1 gives only the
//	            neighbourhood of an asset. The ETag is the topology's hash.
//	status-src  GET → StatusWire, in the order of the declared assets.
//
// Handler and StatusHandler are given functions that return the declared assets
// and their statuses for a request; the package must never reach a store.
package graphs
