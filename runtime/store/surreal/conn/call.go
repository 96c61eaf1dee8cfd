package conn

import (
	"sync/atomic"
)

// The way of a request. Whoever moves it from waiting decides: the writer by
// taking it, or its caller by giving it up.
const (
	waiting int32 = iota // in the queue of the writer
	givenUp              // surely never sent
	taken                // the writer is at it, or through with it
	broken               // the writer could not write it to its end, so it was never whole
)

// call is a request on its way.
type call struct {
	id      uint64
	message *message // the writer's, once it took the call
	way     atomic.Int32
	answer  chan answer // has room for one, so that the reader never waits
}

// answer is what the server answered.
type answer struct {
	result []byte
	err    error
}

// take lets the writer have the call unless its caller gave it up.
func (c *call) take() bool { return c.way.CompareAndSwap(waiting, taken) }

// giveUp reports whether the call was surely not sent.
func (c *call) giveUp() bool {
	return c.way.CompareAndSwap(waiting, givenUp) || c.way.Load() != taken
}
