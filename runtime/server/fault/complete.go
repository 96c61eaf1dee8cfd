package fault

import (
	"strings"
	"unicode"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
)

// Complete gives a status that was made elsewhere (by grpc-go, or by the
// translation of a request) an ErrorInfo whose reason is its code. One that has
// an ErrorInfo stays as it is.
func Complete(st *status.Status) *status.Status {
	for _, d := range st.Details() {
		if _, ok := d.(*errdetails.ErrorInfo); ok {
			return st
		}
	}
	full, err := st.WithDetails(&errdetails.ErrorInfo{Reason: reason(st.Code().String()), Domain: Domain})
	if err != nil {
		return st
	}
	return full
}

// reason turns the name of a code, such as InvalidArgument, into upper case with
// underscores.
func reason(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) && b.Len() > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// Reason returns the reason of an error that came over the wire or is a
// fault.Error; empty when it has none.
func Reason(err error) string {
	st, ok := status.FromError(err)
	if !ok {
		return ""
	}
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return ""
}
