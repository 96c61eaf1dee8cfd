// Package serve is the main of a pipeline: it gives the repository's binary its
// commands and wires the engine around the user's assets.
//
//	func main() {
//		serve.Main(rivers.NewRepository("aviation", rivers.Assets(flights, delays, report)))
//	}
//
//	commands ─▶ repository ─▶ graph ─▶ store, values, host ─▶ executor ─▶ server
//
// It is the only package of the runtime that reads flags, the environment and
// signals, and the only one that a pipeline's main imports beside the SDK. Cloud
// drivers are linked by importing serve/s3 and its siblings for their effect.
//
// The package must never hold a rule of the domain: it builds objects and says in
// which order they start and stop. Servers stop before what they depend on.
package serve
