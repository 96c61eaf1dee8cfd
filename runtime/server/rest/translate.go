package rest

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/runtime/server/fault"
)

// The texts of protojson and of strictQuery, which grpc-gateway hands on as the
// text of a status and nothing else.
var (
	bodyPrefix   = regexp.MustCompile(`^proto:[\s\x{a0}](?:syntax error )?\(line \d+:\d+\):[\s\x{a0}]`)
	unknownField = regexp.MustCompile(`^unknown field "([^"]*)"$`)
	wrongValue   = regexp.MustCompile(`(?s)^invalid value for (\w+) field (\S+): (.*)$`)
	unknownParam = regexp.MustCompile(`^unknown query parameter "([^"]*)"`)
	wrongParam   = regexp.MustCompile(`(?s)^query parameter "([^"]*)" takes `)
)

// explain gives the refusals of grpc-gateway, which read a request before any
// service does, a reason and the field. What a service answered stays as it is.
func explain(st *status.Status) *status.Status {
	full := fault.Complete(st)
	if full == st || st.Code() != codes.InvalidArgument {
		return full
	}
	text := st.Message()
	if m := unknownParam.FindStringSubmatch(text); m != nil {
		return fault.Invalid(m[1], "UNKNOWN_FIELD", text, "field", m[1]).GRPCStatus()
	}
	if m := wrongParam.FindStringSubmatch(text); m != nil {
		return fault.Invalid(m[1], "INVALID_FIELD", text, "field", m[1]).GRPCStatus()
	}
	if cut := bodyPrefix.FindStringIndex(text); cut != nil {
		return explainBody(text[cut[1]:]).GRPCStatus()
	}
	return full
}

// explainBody is the refusal of a body that is JSON but not the request.
func explainBody(text string) *fault.Error {
	if m := unknownField.FindStringSubmatch(text); m != nil {
		return fault.Invalid(m[1], "UNKNOWN_FIELD", fmt.Sprintf("the request has no field %q", m[1]), "field", m[1])
	}
	if m := wrongValue.FindStringSubmatch(text); m != nil {
		name := m[2][strings.LastIndex(m[2], ".")+1:]
		return fault.Invalid(name, "INVALID_FIELD", fmt.Sprintf("field %q takes %s, not %s", name, kindWords(m[1]), clip(m[3])), "field", name)
	}
	return fault.New(codes.InvalidArgument, "INVALID_JSON", "the body does not fit the request: "+clip(text))
}

// kindWords says what values a kind of field has, as JSON writes them.
func kindWords(kind string) string {
	switch kind {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "float", "double":
		return "a number"
	case "bytes":
		return "text in base64"
	case "enum":
		return "one of its names"
	case "message", "group":
		return "an object"
	}
	return "an integer"
}
