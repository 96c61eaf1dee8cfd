package rest

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	riversv1 "rivers.io/proto/rivers/v1"
)

// exactJSON reads requests as JSONPb does, except that the config of a launch
// reaches the service as the text it came in. Through protobuf's own JSON every
// number would become a double, and an integer beyond 2⁵³ another one.
type exactJSON struct{ runtime.JSONPb }

// configField is the field of a launch that keeps its text.
const configField = "config"

// NewDecoder returns a decoder of one message.
func (m *exactJSON) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		if _, ok := v.(*riversv1.MaterializeRequest); !ok {
			return m.JSONPb.NewDecoder(r).Decode(v)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return m.JSONPb.NewDecoder(bytes.NewReader(quoteField(body, configField))).Decode(v)
	})
}

// quoteField turns the value of one field of an object into a string that holds
// its text, null apart. Whatever is no such object stays as it is, for the
// decoder to refuse.
func quoteField(body []byte, field string) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return body
	}
	var out bytes.Buffer
	from := 0 // what of the body is not yet in out
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return body
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return body
		}
		if name != field || string(value) == "null" || value[0] == '"' {
			continue
		}
		text, err := json.Marshal(string(value))
		if err != nil {
			return body
		}
		end := int(dec.InputOffset())
		out.Write(body[from : end-len(value)])
		out.Write(text)
		from = end
	}
	out.Write(body[from:])
	return out.Bytes()
}
