package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"rivers.io/runtime/server/fault"
)

// errDraining is what ends the streams of a server that shuts down.
var errDraining = fault.New(codes.Unavailable, "DRAINING", "the server is shutting down; connect again")

// interceptor is what every call passes, whichever protocol it came by. From
// outside to inside: statuses and counts, panics, token, deadline, validation.
type interceptor struct {
	token   token
	valid   protovalidate.Validator
	timeout time.Duration
	drain   <-chan struct{}
	counts  *counts
	log     *slog.Logger
}

// unary is a grpc.UnaryServerInterceptor.
func (i *interceptor) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	begin := time.Now()
	defer func() { err = i.finish(ctx, info.FullMethod, begin, err) }()
	defer func() { err = i.recovered(recover(), info.FullMethod, err) }()
	if ctx, err = i.token.identify(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	if err := i.validate(req); err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

// stream is a grpc.StreamServerInterceptor.
func (i *interceptor) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	begin := time.Now()
	defer func() { err = i.finish(ss.Context(), info.FullMethod, begin, err) }()
	defer func() { err = i.recovered(recover(), info.FullMethod, err) }()
	ctx, err := i.token.identify(ss.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-i.drain:
			cancel(errDraining)
		case <-ctx.Done():
		}
	}()
	err = handler(srv, &validatedStream{ServerStream: ss, ctx: ctx, validate: i.validate})
	if errors.Is(context.Cause(ctx), errDraining) && (err == nil || errors.Is(err, context.Canceled)) {
		return errDraining
	}
	return err
}

// finish maps the error of a call to its status, logs what was not foreseen, and
// counts the call.
func (i *interceptor) finish(ctx context.Context, method string, begin time.Time, err error) error {
	st, foreseen := fault.Of(err)
	if !foreseen {
		i.log.ErrorContext(ctx, "call failed", "method", method, "error", err)
		if st.Code() == codes.Unknown {
			st, _ = fault.Of(errInternal)
		}
	}
	i.counts.observe(method, st.Code(), time.Since(begin))
	if err == nil {
		return nil
	}
	return fault.Complete(st).Err()
}

// errInternal stands for every error that was not foreseen.
var errInternal = errors.New("internal")

// recovered turns a panic into an error and logs where it came from.
func (i *interceptor) recovered(p any, method string, err error) error {
	if p == nil {
		return err
	}
	i.log.Error("call panicked", "method", method, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	return errInternal
}

// validate holds a request against the rules of its .proto file.
func (i *interceptor) validate(req any) error {
	msg, ok := req.(proto.Message)
	if !ok {
		return nil
	}
	err := i.valid.Validate(msg)
	if err == nil {
		return nil
	}
	violations, ok := errors.AsType[*protovalidate.ValidationError](err)
	if !ok {
		return fmt.Errorf("validate %s: %w", msg.ProtoReflect().Descriptor().FullName(), err)
	}
	return invalid(violations)
}

// invalid names every field that breaks a rule.
func invalid(violations *protovalidate.ValidationError) error {
	out := fault.New(codes.InvalidArgument, "INVALID_FIELD", "")
	for _, v := range violations.Violations {
		field := protovalidate.FieldPathString(v.Proto.GetField())
		if out.Message != "" {
			out.Message += "; "
		}
		if field != "" {
			out.Message += field + ": "
		}
		out.Message += v.Proto.GetMessage()
		out.Fields = append(out.Fields, fault.Field{Name: field, Description: v.Proto.GetMessage()})
	}
	return out
}

// validatedStream validates what it receives and ends on drain.
type validatedStream struct {
	grpc.ServerStream
	ctx      context.Context
	validate func(any) error
}

// Context returns the context of the call, which ends on drain.
func (s *validatedStream) Context() context.Context { return s.ctx }

// RecvMsg receives and validates a message.
func (s *validatedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.validate(m)
}
