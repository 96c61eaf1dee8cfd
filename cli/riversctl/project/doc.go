// Package project knows the state directory of a pipeline on a laptop (.rivers):
// where its database, values and binaries lie, who runs `riversctl dev` on it, and
// how other commands find that process.
//
//	.rivers/
//	  .gitignore      keeps all of this out of version control
//	  rivers.db       the database
//	  values/         the stored values
//	  dev.json        addresses, pid and token of the running dev; mode 0600
//	  dev.lock        locked while a dev runs
//	  token           the token that a location is started with; mode 0600
//	  locations.json  the identity of each location, by name
//	  bin/, run/      binaries and announcements of the running builds
//
// The lock decides whether a dev is alive: a dev.json that outlived its process is
// never believed. The package never starts, signals or dials anything.
package project
