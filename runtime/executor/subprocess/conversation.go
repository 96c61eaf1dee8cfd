package subprocess

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"google.golang.org/grpc"

	hostv1 "rivers.io/proto/rivers/host/v1"
	"rivers.io/runtime/host"
)

type hostCall = grpc.BidiStreamingClient[hostv1.ExecuteRequest, hostv1.ExecuteResponse]

// conversation is the parent's side of one Execute: it answers questions and
// takes logs until the result comes.
type conversation struct {
	ctx    context.Context
	cancel context.CancelFunc
	stream hostCall
	env    host.Env

	send    sync.Mutex
	mu      sync.Mutex
	answers map[uint64]*answer
	busy    sync.WaitGroup
}

// newConversation speaks on stream, which cancel ends together with ctx.
func newConversation(ctx context.Context, cancel context.CancelFunc, stream hostCall, env host.Env) *conversation {
	return &conversation{ctx: ctx, cancel: cancel, stream: stream, env: env, answers: map[uint64]*answer{}}
}

// run ends the call when it returns; no answer goes on after that.
func (c *conversation) run() (host.Result, error) {
	defer c.busy.Wait()
	defer c.cancel()
	for {
		msg, err := c.stream.Recv()
		if errors.Is(err, io.EOF) {
			return host.Result{}, errors.New("the host ended the call without a result")
		}
		if err != nil {
			return host.Result{}, err
		}
		switch m := msg.GetMessage().(type) {
		case *hostv1.ExecuteResponse_Result:
			return resultOf(m.Result), nil
		case *hostv1.ExecuteResponse_Log:
			c.log(m.Log)
		case *hostv1.ExecuteResponse_Values:
			c.question(m.Values)
		case *hostv1.ExecuteResponse_Missing:
			c.missing(m.Missing)
		}
	}
}

func (c *conversation) reply(m *hostv1.ExecuteRequest) error {
	c.send.Lock()
	defer c.send.Unlock()
	return c.stream.Send(m)
}

func (c *conversation) missing(q *hostv1.MissingQuestion) {
	answer := &hostv1.MissingAnswer{Id: q.GetId()}
	first, total, err := c.env.Missing(c.ctx, int(q.GetInput()), int(q.GetLimit()))
	if err != nil {
		answer.Error = err.Error()
	}
	answer.Total = total
	for _, k := range first {
		answer.First = append(answer.First, string(k))
	}
	_ = c.reply(&hostv1.ExecuteRequest{Message: &hostv1.ExecuteRequest_Missing{Missing: answer}})
}

func (c *conversation) log(l *hostv1.Log) {
	switch e := l.GetEntry().(type) {
	case *hostv1.Log_Stdout:
		_, _ = c.env.Stdout().Write(e.Stdout)
	case *hostv1.Log_Stderr:
		_, _ = c.env.Stderr().Write(e.Stderr)
	case *hostv1.Log_Record:
		c.record(l, e.Record)
	}
}

func (c *conversation) record(l *hostv1.Log, r *hostv1.Record) {
	var level slog.Level
	if level.UnmarshalText([]byte(r.GetLevel())) != nil {
		level = slog.LevelInfo
	}
	record := slog.NewRecord(l.GetTime().AsTime(), level, r.GetText(), 0)
	record.AddAttrs(decodeAttrs(r.GetAttributesJson())...)
	_ = c.env.Logger().Handler().Handle(c.ctx, record)
}
