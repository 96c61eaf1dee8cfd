// Package chaosproxy stands between a client and a server in tests and does to
// their connections what networks do: it resets them, stalls them, swallows what
// they send, lets it drip, cuts it in the middle, and loses answers to requests
// that did arrive.
//
//	p := chaosproxy.Start(t, "127.0.0.1:8000")
//	client.Dial(p.Addr())
//	p.Set(chaosproxy.Stall(chaosproxy.Up)) // until the next Set
//	p.Set(chaosproxy.None)
//	p.Reset()                              // RST to both ends of every connection
//
// A Storm is a row of faults drawn from a seed, so that a failure can be repeated:
//
//	count, err := p.Storm(ctx, chaosproxy.Weather{Seed: seed, Rounds: 300, Longest: 200 * time.Millisecond})
//
// It carries bytes and must never know a protocol. Nothing but tests may import it.
package chaosproxy
