package subprocess

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"os"
	"sync"

	hostv1 "rivers.io/proto/rivers/host/v1"
	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
)

// childEnv asks the parent. Answers wait in a place of their own for each
// question, so that a question which is not looked at holds no other one up.
type childEnv struct {
	stream hostStream
	sendMu sync.Mutex
	logger *slog.Logger
	// gone is closed when no more answers come; why is set before.
	gone chan struct{}
	why  error

	mu      sync.Mutex
	next    uint64
	values  map[uint64]chan *hostv1.ValuesAnswer
	missing map[uint64]chan *hostv1.MissingAnswer
}

var _ host.Env = (*childEnv)(nil)

func newChildEnv(stream hostStream) *childEnv {
	e := &childEnv{
		stream: stream, gone: make(chan struct{}),
		values: map[uint64]chan *hostv1.ValuesAnswer{}, missing: map[uint64]chan *hostv1.MissingAnswer{},
	}
	e.logger = slog.New(&recorder{send: func(l *hostv1.Log) error {
		return e.send(&hostv1.ExecuteResponse{Message: &hostv1.ExecuteResponse_Log{Log: l}})
	}})
	return e
}

func (e *childEnv) send(m *hostv1.ExecuteResponse) error {
	e.sendMu.Lock()
	defer e.sendMu.Unlock()
	return e.stream.Send(m)
}

var (
	errGone   = errors.New("the executor is gone")
	errBreach = errors.New("the executor sent more than it was asked for")
)

// receive hands answers to those who asked, until the stream ends. It never waits
// for one of them.
func (e *childEnv) receive() {
	defer close(e.gone)
	for {
		msg, err := e.stream.Recv()
		if err != nil {
			e.why = errGone
			return
		}
		expected := true
		switch m := msg.GetMessage().(type) {
		case *hostv1.ExecuteRequest_Values:
			expected = deliver(e, e.values, m.Values.GetId(), m.Values)
		case *hostv1.ExecuteRequest_Missing:
			expected = deliver(e, e.missing, m.Missing.GetId(), m.Missing)
		}
		if !expected {
			e.why = errBreach
			return
		}
	}
}

// deliver is false when the answer before this one was not taken yet.
func deliver[T any](e *childEnv, to map[uint64]chan T, id uint64, answer T) bool {
	e.mu.Lock()
	c := to[id]
	e.mu.Unlock()
	if c == nil {
		return true // withdrawn
	}
	select {
	case c <- answer:
		return true
	default:
		return false
	}
}

// ask makes the place for the answers to a new question.
func ask[T any](e *childEnv, in map[uint64]chan T) (id uint64, answers chan T, forget func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next++
	id, answers = e.next, make(chan T, 1)
	in[id] = answers
	return id, answers, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(in, id)
	}
}

// await sends a message and waits for what it is answered.
func await[T any](ctx context.Context, e *childEnv, m *hostv1.ExecuteResponse, answers <-chan T) (T, error) {
	var none T
	if err := e.send(m); err != nil {
		return none, err
	}
	select {
	case <-ctx.Done():
		return none, context.Cause(ctx)
	case a := <-answers:
		return a, nil
	case <-e.gone:
		return none, e.why
	}
}

// Values implements host.Env. What the loop did not come to is withdrawn.
func (e *childEnv) Values(ctx context.Context, input int) iter.Seq2[host.Value, error] {
	return func(yield func(host.Value, error) bool) {
		id, answers, forget := ask(e, e.values)
		defer forget()
		last := false
		defer func() {
			if !last {
				_ = e.send(valuesQuestion(&hostv1.ValuesQuestion{Id: id, Cancel: true}))
			}
		}()
		message := valuesQuestion(&hostv1.ValuesQuestion{Id: id, Input: int32(input)})
		for !last {
			piece, err := await(ctx, e, message, answers)
			if err != nil {
				yield(host.Value{}, err)
				return
			}
			last = piece.GetLast()
			if !give(piece, yield) {
				return
			}
			message = valuesQuestion(&hostv1.ValuesQuestion{Id: id, More: true})
		}
	}
}

func valuesQuestion(q *hostv1.ValuesQuestion) *hostv1.ExecuteResponse {
	return &hostv1.ExecuteResponse{Message: &hostv1.ExecuteResponse_Values{Values: q}}
}

// give yields a piece of an answer; it is false when no more is wanted.
func give(piece *hostv1.ValuesAnswer, yield func(host.Value, error) bool) bool {
	for _, v := range piece.GetValues() {
		if !yield(valueOf(v), nil) {
			return false
		}
	}
	if piece.GetError() != "" {
		return yield(host.Value{}, errors.New(piece.GetError()))
	}
	return true
}

// Missing implements host.Env.
func (e *childEnv) Missing(ctx context.Context, input, limit int) ([]partition.Key, uint64, error) {
	id, answers, forget := ask(e, e.missing)
	defer forget()
	question := &hostv1.MissingQuestion{Id: id, Input: int32(input), Limit: int32(limit)}
	a, err := await(ctx, e, &hostv1.ExecuteResponse{Message: &hostv1.ExecuteResponse_Missing{Missing: question}}, answers)
	if err != nil {
		return nil, 0, err
	}
	if a.GetError() != "" {
		return nil, 0, errors.New(a.GetError())
	}
	keys := make([]partition.Key, len(a.GetFirst()))
	for i, k := range a.GetFirst() {
		keys[i] = partition.Key(k)
	}
	return keys, a.GetTotal(), nil
}

// Logger implements host.Env.
func (e *childEnv) Logger() *slog.Logger { return e.logger }

// Stdout is the process's own, which the parent reads.
func (*childEnv) Stdout() io.Writer { return os.Stdout }

// Stderr is the process's own, which the parent reads.
func (*childEnv) Stderr() io.Writer { return os.Stderr }
