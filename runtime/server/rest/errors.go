package rest

import (
	"context"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/runtime/server/fault"
)

// WriteError answers a google.rpc.Status as JSON, as every error of the API is
// answered.
func WriteError(w http.ResponseWriter, code int, err error) {
	st, _ := fault.Of(err)
	body, merr := Marshaling.Marshal(st.Proto())
	if merr != nil {
		body = []byte(`{"code":13,"message":"the error could not be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(code)
	// The caller is gone when this fails.
	_, _ = w.Write(body)
}

// errorHandler answers the error of a call.
func errorHandler(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	st := explain(status.Convert(err))
	WriteError(w, runtime.HTTPStatusFromCode(st.Code()), st.Err())
}

// streamError is the last line of a stream that failed.
func streamError(_ context.Context, err error) *status.Status {
	return fault.Complete(status.Convert(err))
}

// routingError answers a path or method that no service has.
func routingError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	var err error
	switch code {
	case http.StatusMethodNotAllowed:
		err = fault.New(codes.Unimplemented, "METHOD_NOT_ALLOWED", r.Method+" is not a method of this path")
	case http.StatusNotFound:
		err = fault.NotFound("NO_SUCH_PATH", "the API has no such path; /v1/openapi.json lists all")
	default:
		err = fault.New(codes.InvalidArgument, "INVALID_PATH", "the path cannot be read")
	}
	WriteError(w, code, err)
}
