package fault

import (
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
)

// Domain is the domain of every ErrorInfo of rivers.
const Domain = "rivers.io"

// Error is a failure that a caller is told about as it is: a code, a reason in
// UPPER_SNAKE_CASE, a text for people and details for programs.
type Error struct {
	Code   codes.Code
	Reason string
	// Message is for people; lower case, without the code.
	Message string
	// Metadata goes into the ErrorInfo.
	Metadata map[string]string
	// Fields name what is wrong with which field of the request.
	Fields []Field
}

// Field is one violation of a BadRequest.
type Field struct {
	// Name is the path of the field, as in "tags[\"team\"]".
	Name        string
	Description string
}

// New returns an Error; pairs are keys and values of its metadata.
func New(code codes.Code, reason, message string, pairs ...string) *Error {
	e := &Error{Code: code, Reason: reason, Message: message}
	return e.With(pairs...)
}

// Invalid returns an INVALID_ARGUMENT that names a field of the request.
func Invalid(field, reason, message string, pairs ...string) *Error {
	e := New(codes.InvalidArgument, reason, message, pairs...)
	e.Fields = []Field{{Name: field, Description: message}}
	return e
}

// NotFound returns a NOT_FOUND with the reason WHAT_NOT_FOUND.
func NotFound(reason, message string, pairs ...string) *Error {
	return New(codes.NotFound, reason, message, pairs...)
}

// With adds keys and values to the metadata and returns e.
func (e *Error) With(pairs ...string) *Error {
	if len(pairs) > 0 && e.Metadata == nil {
		e.Metadata = map[string]string{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Metadata[pairs[i]] = pairs[i+1]
	}
	return e
}

// WithCode changes the code and returns e.
func (e *Error) WithCode(code codes.Code) *Error {
	e.Code = code
	return e
}

// Error returns the text for people.
func (e *Error) Error() string { return e.Message }

// GRPCStatus returns the status that goes over the wire, where all text is valid
// UTF-8.
func (e *Error) GRPCStatus() *status.Status {
	st := status.New(e.Code, valid(e.Message))
	info := &errdetails.ErrorInfo{Reason: e.Reason, Domain: Domain}
	if len(e.Metadata) > 0 {
		info.Metadata = make(map[string]string, len(e.Metadata))
		for k, v := range e.Metadata {
			info.Metadata[valid(k)] = valid(v)
		}
	}
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(info)}
	if len(e.Fields) > 0 {
		details = append(details, protoadapt.MessageV1Of(badRequest(e.Fields)))
	}
	withDetails, err := st.WithDetails(details...)
	if err != nil { // the code is OK or a detail cannot be encoded
		return st
	}
	return withDetails
}

// valid replaces what is no UTF-8: a message with such text cannot be sent.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func badRequest(fields []Field) *errdetails.BadRequest {
	bad := &errdetails.BadRequest{}
	for _, f := range fields {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: valid(f.Name), Description: valid(f.Description),
		})
	}
	return bad
}
