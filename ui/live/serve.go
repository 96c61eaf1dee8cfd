package live

import (
	"fmt"
	"net/http"
	"time"
)

// heartbeat is how often an idle stream says that it lives (S-91).
const heartbeat = 15 * time.Second

// Serve answers a request with the events of a subscription until the client
// leaves, the hub drains, or limit has passed. A client reconnects by itself. A
// page that was made under a mark of Attend names it in the query, as since, the
// first time: it is told when something changed while it was on its way.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, location string, channels []Channel, limit time.Duration) {
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // a stream outlives the server's write timeout
	var s *Subscription
	if q := r.URL.Query(); q.Has("since") {
		s = h.SubscribeSince(location, channels, q.Get("since"))
	} else {
		s = h.Subscribe(location, channels)
	}
	defer s.Release()

	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	// A reconnect after a drain is quick, so that a restart is hardly seen.
	if _, err := fmt.Fprint(w, "retry: 1000\n: watching\n\n"); err != nil || out.Flush() != nil {
		return
	}
	end := time.NewTimer(limit)
	defer end.Stop()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-h.Done():
			return
		case <-end.C:
			return
		case <-beat.C:
			_, err = fmt.Fprint(w, ": alive\n\n")
		case <-s.Ready:
			err = h.write(w, location, s)
		}
		if err != nil || out.Flush() != nil {
			return
		}
	}
}

// write sends what is pending, one event a channel.
func (h *Hub) write(w http.ResponseWriter, location string, s *Subscription) error {
	pending := s.Take()
	for _, c := range channelsInOrder(pending) {
		h.served.Add(1)
		if _, err := fmt.Fprintf(w, "event: %s-changed\ndata: %s\n\n", c, pending[c].payload(location)); err != nil {
			return err
		}
	}
	return nil
}

func channelsInOrder(pending map[Channel]*Change) []Channel {
	var out []Channel
	for _, c := range channels {
		if pending[c] != nil {
			out = append(out, c)
		}
	}
	return out
}
