// Command workshop is an example pipeline of things that go wrong, take long or
// can be set: each file is the subject of one page of docs/howto.
//
// It must never need anything from outside: what fails here fails by design.
package main

import (
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/serve"
)

func repository() *rivers.Repository {
	return rivers.NewRepository("workshop", rivers.Assets(
		flaky, invoice, statement, // retries.go
		slow, endless, // cancel.go
		tool, crash, // process.go
		greeting, // settings.go
		chatty,   // logs.go
	))
}

func main() { serve.Main(repository()) }
