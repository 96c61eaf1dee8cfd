package surreal

import (
	"context"
	"encoding/json"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// The kinds of remembered requests.
const (
	requestRun    = "run"
	requestAnswer = "answer"
)

// answer returns what a request was answered with; nil when it is unknown or
// its time has passed.
func (l *location) answer(ctx context.Context, kind, id, method, digest string) ([]byte, error) {
	s := newScript()
	s.answer("RETURN {q: (SELECT * FROM ONLY ", s.arg(recordID("request", l.ident, kind, id)), "), now: ", l.db.clock(s), "}")
	var got struct {
		Request *struct {
			At     int64  `json:"at"`
			Method string `json:"method"`
			Digest string `json:"digest"`
			Answer []byte `json:"answer"`
		} `json:"q"`
		Now int64 `json:"now"`
	}
	if err := l.db.read(ctx, "read an answer", s, &got); err != nil {
		return nil, err
	}
	q := got.Request
	if q == nil || q.At <= got.Now-int64(store.RequestTTL) {
		return nil, nil
	}
	if q.Method != method || q.Digest != digest {
		return nil, fmt.Errorf("request %s was used for another call of %s: %w", id, q.Method, store.ErrConflict)
	}
	return q.Answer, nil
}

// Answer returns what a request id was answered with within 24 hours.
func (l *location) Answer(ctx context.Context, requestID, method, digest string) (json.RawMessage, error) {
	raw, err := l.answer(ctx, requestAnswer, requestID, method, digest)
	if err == nil && raw == nil {
		err = notFound("request", requestID)
	}
	return raw, err
}

// RememberAnswer keeps the answer of a request for 24 hours.
func (l *location) RememberAnswer(ctx context.Context, requestID, method, digest string, answer json.RawMessage) error {
	if err := store.CheckID("request id", requestID); err != nil {
		return err
	}
	if len(answer) > event.MaxPayload {
		return fmt.Errorf("answer of %d bytes exceeds %d: %w", len(answer), event.MaxPayload, store.ErrInvalid)
	}
	if err := l.writable(); err != nil {
		return err
	}
	if answer == nil {
		answer = json.RawMessage("null")
	}
	s := l.db.begin()
	id := s.arg(recordID("request", l.ident, requestAnswer, requestID))
	s.do("LET $asked = ", id, ".at ?? 0")
	s.do("IF $asked <= $wall - ", s.arg(int64(store.RequestTTL)), " { UPSERT ", id, " SET at = $wall, method = ", s.arg(method),
		", digest = ", s.arg(digest), ", answer = ", s.arg([]byte(answer)), " RETURN NONE }")
	s.do("COMMIT")
	return l.db.read(ctx, "remember an answer", s, nil)
}
