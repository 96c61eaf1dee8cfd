// Package gateway is REST over many code locations: one http.Handler for
// everything under /v1, which the user interface and riversctl dev mount behind
// their own login.
//
//	/v1/namespaces/{ns}/codeLocations           ─▶ registry
//	…/{name}/assets, /runs, /graph, … (reading) ─▶ store, whether or not the location is up
//	…/{name}/runs:materialize, … (writing),     ─▶ gRPC of the location that owns it
//	…/assets/{asset}:preview (values)
//
// Identity, deadlines, limits and errors are those of a location, end to end: a
// call passes the same checks here and there. The package must never write to a
// store, nor decide who may do what: that is settled before a request gets here.
package gateway
