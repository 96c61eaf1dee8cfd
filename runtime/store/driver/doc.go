// Package driver is the one place that knows which databases there are: it turns
// what a person said about a database into an opened store.
//
//	flags, environment, settings ─▶ Choose ─▶ Database ─┬─▶ sqlite   a file
//	                                                    └─▶ surreal  a SurrealDB
//
// A Database is a description; nothing is opened until it is asked to be. Whoever
// opens one says in its own words what is wrong with it: each error here wraps the
// sentinel of package store and names the way out.
//
// The package must never read the environment, never show a password, and never
// hold a rule of what is stored.
package driver
