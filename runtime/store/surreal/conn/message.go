package conn

import (
	"fmt"
	"sync"

	"github.com/surrealdb/surrealdb.go/surrealcbor"
)

// message is a request being written: CBOR in a buffer that is used again. It is
// an io.Writer for its own encoder, which the codec would otherwise build anew
// for every value.
type message struct {
	bytes   []byte
	encoder *surrealcbor.Encoder
}

var messages = sync.Pool{New: func() any {
	m := &message{}
	m.encoder = surrealcbor.NewEncoder(m)
	return m
}}

// reuseLimit is the largest buffer in bytes that is kept for the next message.
const reuseLimit = 1 << 20

// newRequest encodes a request without its id, which the connection that sends it
// puts in front. The value of each parameter is encoded by the codec, except SQL.
func newRequest(method string, params ...any) (*message, error) {
	m := messages.Get().(*message)
	m.bytes = appendText(m.bytes[:0], "method")
	m.bytes = appendText(m.bytes, method)
	m.bytes = appendText(m.bytes, "params")
	m.bytes = appendHead(m.bytes, 4, uint64(len(params)))
	for _, p := range params {
		if s, ok := p.(string); ok {
			m.bytes = appendText(m.bytes, s)
			continue
		}
		if err := m.encoder.Encode(p); err != nil {
			m.release()
			return nil, fmt.Errorf("surrealdb: encode a parameter: %w", err)
		}
	}
	return m, nil
}

// newQuery encodes a query.
func newQuery(sql string, vars map[string]any) (*message, error) {
	if len(vars) == 0 {
		return newRequest("query", sql)
	}
	return newRequest("query", sql, vars)
}

// Write appends what the encoder encoded.
func (m *message) Write(p []byte) (int, error) {
	m.bytes = append(m.bytes, p...)
	return len(p), nil
}

// release gives the buffer to the next message. Nothing may use it afterwards.
func (m *message) release() {
	if cap(m.bytes) > reuseLimit {
		m.bytes = nil
	}
	messages.Put(m)
}

// envelope is an answer or a notification, cut into spans.
type envelope struct {
	id     uint64
	hasID  bool
	result []byte
	fault  []byte
}

func openEnvelope(b []byte) (envelope, error) {
	var e envelope
	err := each(b, func(key string, item []byte) error {
		switch key {
		case "id":
			if isNone(item) {
				return nil
			}
			major, n, _, _, err := head(item)
			if err != nil || major != 0 {
				return fmt.Errorf("malformed answer: its id is not a number of ours")
			}
			e.id, e.hasID = n, true
		case "result":
			e.result = item
		case "error":
			if !isNone(item) {
				e.fault = item
			}
		}
		return nil
	})
	return e, err
}

// faultOf reads the error that a whole request was refused with.
func faultOf(span []byte) *QueryError {
	var message string
	err := each(span, func(key string, item []byte) error {
		if key == "message" {
			message, _, _ = text(item) // anything else is no message
		}
		return nil
	})
	if err != nil || message == "" {
		message = "the server refused the request without saying why"
	}
	return classify(-1, message)
}
