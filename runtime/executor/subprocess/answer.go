package subprocess

import (
	"context"

	hostv1 "rivers.io/proto/rivers/host/v1"
)

// valuesPerAnswer is how many values one message carries.
const valuesPerAnswer = 256

// answer is one question for values that is being answered: a piece at a time,
// each when it is asked for.
type answer struct {
	id     uint64
	input  int32
	cancel context.CancelFunc
	// withdrawn is guarded by the conversation's mutex.
	withdrawn bool
	more      chan struct{}
	done      chan struct{}
}

// question starts an answer, goes on with one or withdraws one. It does not wait.
func (c *conversation) question(q *hostv1.ValuesQuestion) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.answers[q.GetId()]
	switch {
	case a == nil && (q.GetCancel() || q.GetMore()): // it has ended
	case q.GetCancel():
		a.withdrawn = true
		a.cancel()
	case q.GetMore():
		select {
		case a.more <- struct{}{}:
		default:
		}
	case a == nil:
		c.begin(q)
	}
}

// begin starts an answer once the withdrawn ones of the same input have ended:
// the engine notes what an input handed out from the start of the last loop on.
func (c *conversation) begin(q *hostv1.ValuesQuestion) {
	var before []*answer
	for _, b := range c.answers {
		if b.withdrawn && b.input == q.GetInput() {
			before = append(before, b)
		}
	}
	ctx, cancel := context.WithCancel(c.ctx)
	a := &answer{
		id: q.GetId(), input: q.GetInput(), cancel: cancel,
		more: make(chan struct{}, 1), done: make(chan struct{}),
	}
	c.answers[a.id] = a
	c.busy.Go(func() {
		defer c.end(a)
		for _, b := range before {
			<-b.done
		}
		c.answer(ctx, a)
	})
}

func (c *conversation) end(a *answer) {
	a.cancel()
	c.mu.Lock()
	delete(c.answers, a.id)
	c.mu.Unlock()
	close(a.done)
}

func (c *conversation) answer(ctx context.Context, a *answer) {
	if ctx.Err() != nil {
		return
	}
	piece := &hostv1.ValuesAnswer{Id: a.id}
	for v, err := range c.env.Values(ctx, int(a.input)) {
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			piece.Error = err.Error()
			break
		}
		piece.Values = append(piece.Values, valueToProto(v))
		if len(piece.Values) < valuesPerAnswer {
			continue
		}
		if c.reply(valuesMessage(piece)) != nil || !a.wanted(ctx) {
			return
		}
		piece = &hostv1.ValuesAnswer{Id: a.id}
	}
	piece.Last = true
	_ = c.reply(valuesMessage(piece)) // a broken stream ends run
}

// wanted waits until the next piece is asked for; it is false when none is.
func (a *answer) wanted(ctx context.Context) bool {
	select {
	case <-a.more:
		return true
	case <-ctx.Done():
		return false
	}
}

func valuesMessage(a *hostv1.ValuesAnswer) *hostv1.ExecuteRequest {
	return &hostv1.ExecuteRequest{Message: &hostv1.ExecuteRequest_Values{Values: a}}
}
