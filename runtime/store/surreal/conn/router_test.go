package conn

import (
	"bytes"
	"errors"
	"testing"
)

// notice is a notification as the server sends it.
func notice(id, action string, value byte) []byte {
	b := appendHead(nil, 5, 3)
	b = appendText(b, "id")
	b = append(appendHead(appendHead(b, 6, 37), 2, 16), id...)
	b = appendText(appendText(b, "action"), action)
	return append(appendText(b, "result"), value)
}

// TestRouter: what comes before the answer that names a live query is kept for it,
// in order, and what nobody awaits is not.
func TestRouter(t *testing.T) {
	const mine, other = "0123456789abcdef", "fedcba9876543210"
	r := newRouter(3)
	deliver := func(id, action string, value byte) {
		t.Helper()
		if err := r.deliver(notice(id, action, value)); err != nil {
			t.Fatal(err)
		}
	}
	deliver(mine, "CREATE", 0) // nobody starts a live query
	r.expect()
	deliver(mine, "CREATE", 1)
	deliver(other, "CREATE", 9)
	deliver(mine, "UPDATE", 2)
	if err := r.deliver(notice(mine, "CREATE", 3)); err == nil {
		t.Error("more was kept than the limit allows")
	}
	s := &Subscription{id: mine, limit: 3, news: make(chan struct{}, 1)}
	r.adopt(s)
	r.expected()
	deliver(mine, "DELETE", 3)
	deliver(mine, "KILLED", 0xf6)
	deliver(mine, "CREATE", 4)
	for want := byte(1); want <= 3; want++ {
		if n, err := s.Next(t.Context()); err != nil || !bytes.Equal(n.Value, []byte{want}) {
			t.Errorf("%v, %v, want %d", n.Value, err, want)
		}
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, ErrGap) {
		t.Errorf("a live query that the server ended: %v", err)
	}
	if len(r.early) != 0 || len(r.subs) != 0 {
		t.Errorf("left behind: %v, %v", r.early, r.subs)
	}
}

// FuzzEnvelope: no message makes the reader fail otherwise than by an error.
func FuzzEnvelope(f *testing.F) {
	f.Add(notice("0123456789abcdef", "CREATE", 1))
	f.Add([]byte{0xbf, 0x62, 'i', 'd', 0x01, 0xff})
	f.Add(bytes.Repeat([]byte{0x81}, 10_000))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := openEnvelope(b)
		if err != nil {
			return
		}
		if e.fault != nil {
			_ = faultOf(e.fault)
		}
		_, _, _ = readNotification(e.result)
		if r, err := readResults(e.result); err == nil {
			for i := range r.Len() {
				_ = r.Err(i)
			}
		}
	})
}
