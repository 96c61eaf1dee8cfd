package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"rivers.io/runtime/event"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/store"
)

// order is what a call that is repeated must do the same way again: the id of
// the run it makes, and the instant that open ends follow.
type order struct {
	Run string    `json:"run"`
	Now time.Time `json:"now"`
	// repeated tells that the call may have been carried out before.
	repeated bool
}

// request is a request that may carry an id.
type request interface {
	proto.Message
	GetRequestId() string
}

// once carries out a call, or answers what it was answered with when its request
// id was used within 24 hours. The order is recorded before the call is carried
// out, so that a repeat after a crash finds what the first one began.
func once[R proto.Message](ctx context.Context, cfg Config, method string, req request, do func(order) (R, error)) (R, error) {
	var none R
	o, err := newOrder(cfg)
	if err != nil {
		return none, err
	}
	id := req.GetRequestId()
	if id == "" {
		return do(o)
	}
	call := remembered{state: cfg.State, id: id, method: method, digest: digest(req)}
	answer := none.ProtoReflect().New().Interface().(R)
	if found, err := call.answer(ctx, answer); found || err != nil {
		return answer, err
	}
	if o, err = call.order(ctx, o); err != nil {
		return none, err
	}
	if answer, err = do(o); err != nil {
		return none, err
	}
	return answer, call.keep(ctx, answer)
}

func newOrder(cfg Config) (order, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return order{}, fmt.Errorf("make a run id: %w", err)
	}
	return order{Run: id.String(), Now: cfg.Now().UTC()}, nil
}

// digest identifies what a request asks for: everything but its id, and but the
// location, which may be left out.
func digest(req request) string {
	plain := proto.Clone(req)
	m := plain.ProtoReflect()
	for _, name := range []protoreflect.Name{"request_id", "location"} {
		if f := m.Descriptor().Fields().ByName(name); f != nil {
			m.Clear(f)
		}
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(plain)
	if err != nil { // a message that was just received can be written again
		raw = []byte(err.Error())
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// remembered is the memory of one request id.
type remembered struct {
	state              store.Location
	id, method, digest string
}

// answer reads the first answer into out, if there was one.
func (r remembered) answer(ctx context.Context, out proto.Message) (bool, error) {
	raw, err := r.state.Answer(ctx, r.id, r.method, r.digest)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, r.reused(err)
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, out); err != nil {
		return false, fmt.Errorf("read the answer of request %s: %w", r.id, err)
	}
	return true, nil
}

// order records the order, unless an earlier call did, and returns the one that
// stands.
func (r remembered) order(ctx context.Context, fresh order) (order, error) {
	raw, err := json.Marshal(fresh)
	if err != nil {
		return fresh, err
	}
	key := r.id + "#order"
	if err := r.state.RememberAnswer(ctx, key, r.method, r.digest, raw); err != nil {
		return fresh, r.reused(err)
	}
	if raw, err = r.state.Answer(ctx, key, r.method, r.digest); err != nil {
		return fresh, r.reused(err)
	}
	var first order
	if err := json.Unmarshal(raw, &first); err != nil {
		return fresh, fmt.Errorf("read the order of request %s: %w", r.id, err)
	}
	first.repeated = first.Run != fresh.Run
	return first, nil
}

// keep records the answer; where an earlier one stands, that one is put into
// out. An answer that is too large is not kept: the order makes a repeat safe.
func (r remembered) keep(ctx context.Context, out proto.Message) error {
	raw, err := protojson.Marshal(out)
	if err != nil {
		return fmt.Errorf("write the answer of request %s: %w", r.id, err)
	}
	if len(raw) > event.MaxPayload {
		return nil
	}
	if err := r.state.RememberAnswer(ctx, r.id, r.method, r.digest, raw); err != nil {
		return r.reused(err)
	}
	proto.Reset(out)
	_, err = r.answer(ctx, out)
	return err
}

func (r remembered) reused(err error) error {
	if !errors.Is(err, store.ErrConflict) {
		return err
	}
	return fault.Invalid("request_id", "REQUEST_ID_REUSED",
		"request id "+r.id+" was used for another call within 24 hours", "request_id", r.id).WithCode(codes.AlreadyExists)
}
