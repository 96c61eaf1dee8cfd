package app

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/exit"
)

// report writes an error for people and returns its exit code.
func report(w io.Writer, err error) int {
	code := exit.Code(err)
	if err == nil {
		return code
	}
	if text := explain(err); text != "" {
		_, _ = fmt.Fprintf(w, "%s: %s\n", Name, text) // nowhere else to say it
	}
	return code
}

// fault returns what a status says for programs; nil when there is nothing.
func fault(err error) *errdetails.ErrorInfo {
	st, ok := status.FromError(err)
	if !ok {
		return nil
	}
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info
		}
	}
	return nil
}

// explain writes an error without the dress of gRPC: the text, what is wrong with
// which field, what was probably meant, and the reason that programs go by.
func explain(err error) string {
	var coded interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &coded) {
		return err.Error()
	}
	st := coded.GRPCStatus()
	// The status stands inside of a longer text: replace its long form by its words.
	text := strings.Replace(err.Error(), st.Err().Error(), st.Message(), 1)
	reason, fields := st.Code().String(), ""
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				if !strings.Contains(text, v.GetDescription()) {
					fields += fmt.Sprintf("\n  %s: %s", v.GetField(), v.GetDescription())
				}
			}
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
			near := strings.ReplaceAll(d.GetMetadata()["near"], ",", ", ")
			if near != "" && !strings.Contains(text, near) && !strings.Contains(text, "did you mean") {
				text += "; did you mean " + near + "?"
			}
		}
	}
	return text + " (" + reason + ")" + fields
}
