package chaosproxy

import (
	"fmt"
	"time"
)

// Direction is a way through the proxy.
type Direction int

// The directions; Both is their sum.
const (
	// Up is from the client to the server.
	Up Direction = 1
	// Down is from the server to the client.
	Down Direction = 2
	// Both is either.
	Both = Up | Down
)

// Fault is what the proxy does to every connection, those that are open and those
// to come, from one Set to the next. The zero value, None, is no fault.
type Fault struct {
	// Name tells faults apart in messages.
	Name string

	refuse     bool // reset new connections at once
	loseAnswer bool
	deaf       bool // ends of connections are not passed on
	up, down   flow
}

// flow is what happens to one direction.
type flow struct {
	stall   bool
	discard bool
	delay   time.Duration // of every chunk
	rate    int           // bytes a second; 0 is no limit
	cut     int64         // bytes that still pass before the connection is reset; 0 is no limit
}

// None lets everything pass.
var None = Fault{Name: "none"}

// Refuse resets connections as soon as they are opened; those that are open stay.
func Refuse() Fault { return Fault{Name: "refuse", refuse: true} }

// Stall holds everything back in a direction, without reading it, so that the
// sender's buffers fill. It passes when the fault is over.
func Stall(d Direction) Fault { return on(fmt.Sprintf("stall(%d)", d), d, flow{stall: true}) }

// BlackHole takes whatever is sent and passes nothing on, nor the end of a
// connection: both ends are left half open. What swallowed something is reset when
// it is used again after the fault.
func BlackHole() Fault {
	f := on("black hole", Both, flow{discard: true})
	f.deaf = true
	return f
}

// Drip passes so many bytes a second.
func Drip(d Direction, rate int) Fault {
	return on(fmt.Sprintf("drip(%d, %d B/s)", d, rate), d, flow{rate: max(rate, 1)})
}

// Delay holds every chunk back for a while.
func Delay(d Direction, by time.Duration) Fault {
	return on(fmt.Sprintf("delay(%d, %s)", d, by), d, flow{delay: by})
}

// Cut lets so many more bytes of a connection pass in a direction, then resets it.
func Cut(d Direction, after int64) Fault {
	return on(fmt.Sprintf("cut(%d, %d B)", d, after), d, flow{cut: max(after, 1)})
}

// LoseAnswer lets the next request of a connection pass, and resets the connection
// in place of what the server sends then.
func LoseAnswer() Fault { return Fault{Name: "lose answer", loseAnswer: true} }

func on(name string, d Direction, f flow) Fault {
	out := Fault{Name: name}
	if d&Up != 0 {
		out.up = f
	}
	if d&Down != 0 {
		out.down = f
	}
	return out
}
