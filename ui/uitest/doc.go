// Package uitest fills a real store with a history that looks like one of a real
// pipeline, and acts on it as a location would, so that pages can be seen and
// tested before anything is deployed.
//
// Everything goes through store.Location, as an executor's writes do. The package
// is for tests and for people who work on pages; no program of the product may
// import it.
package uitest
