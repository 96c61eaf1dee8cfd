package output_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/cli/riversctl/output"
)

func TestFormats(t *testing.T) {
	message, err := structpb.NewStruct(map[string]any{"name": "a: b", "keys": []any{"2001-01-01", "x"}, "none": []any{}, "n": 3})
	if err != nil {
		t.Fatal(err)
	}
	answer := output.Answer{
		Message: message, Names: []string{"a", "b"},
		Table: func(w io.Writer) error {
			return output.Rows(w, []string{"NAME", "GROUP"}, [][]string{{"a", "x"}, {"longer\x1b[2J", ""}})
		},
	}
	for format, want := range map[output.Format]string{
		output.JSON:  "{\n  \"keys\": [\n    \"2001-01-01\",\n    \"x\"\n  ],\n  \"n\": 3,\n  \"name\": \"a: b\",\n  \"none\": []\n}\n",
		output.YAML:  "keys:\n  - \"2001-01-01\"\n  - x\nn: 3\nname: 'a: b'\nnone: []\n",
		output.Name:  "a\nb\n",
		output.Table: "NAME        GROUP\na           x\nlonger\uFFFD[2J\n",
	} {
		var out bytes.Buffer
		if err := (output.Printer{W: &out, Format: format}).Print(answer); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%s:\n%s", format, diff)
		}
	}
}

func TestParse(t *testing.T) {
	for _, f := range output.Formats {
		if got, err := output.Parse(string(f)); err != nil || got != f {
			t.Errorf("Parse(%q) = %q, %v", f, got, err)
		}
	}
	if _, err := output.Parse("xml"); err == nil {
		t.Error("Parse took xml")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteErrorsAreNotLost(t *testing.T) {
	p := output.Printer{W: full{}, Format: output.Name}
	if err := p.Print(output.Answer{Names: []string{"a"}}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Print = %v", err)
	}
}

func TestUnits(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for _, test := range []struct{ got, want string }{
		{output.Duration(420 * time.Millisecond), "0.42s"},
		{output.Duration(42 * time.Second), "42s"},
		{output.Duration(185 * time.Second), "3m05s"},
		{output.Duration(130 * time.Minute), "2h10m"},
		{output.Ago(now.Add(-3*time.Minute), now), "3m ago"},
		{output.Ago(now.Add(-73*time.Hour), now), "3d ago"},
		{output.Ago(now.Add(time.Second), now), "just now"},
		{output.Ago(time.Time{}, now), ""},
		{output.Bytes(12), "12 B"},
		{output.Bytes(1536), "1.5 KiB"},
		{output.Bytes(5 << 30), "5.0 GiB"},
		{output.Count(1, "step"), "1 step"},
		{output.Count(3, "step"), "3 steps"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}
