// Package output prints the answers of commands: as tables for people, as JSON and
// YAML for programs, or as bare names for shells.
//
// JSON is the protobuf JSON form of the API's message and is an API itself; YAML is
// the same document. Text that comes from a pipeline is stripped of terminal
// control sequences before it reaches a terminal. The package never talks to a
// server.
package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Format is a form of output.
type Format string

// The formats.
const (
	Table Format = "table"
	JSON  Format = "json"
	YAML  Format = "yaml"
	Name  Format = "name"
)

// Formats lists them all, the default first.
var Formats = []Format{Table, JSON, YAML, Name}

// Parse returns the format called text.
func Parse(text string) (Format, error) {
	for _, f := range Formats {
		if string(f) == text {
			return f, nil
		}
	}
	return "", fmt.Errorf("unknown output format %q: choose table, json, yaml or name", text)
}

// Printer writes answers in one format.
type Printer struct {
	W      io.Writer
	Format Format
}

// Answer is an answer in all of its forms.
type Answer struct {
	// Message is printed as JSON and YAML.
	Message proto.Message
	// Names are printed one a line.
	Names []string
	// Table writes the form for people.
	Table func(w io.Writer) error
}

// Print writes the answer in the printer's format.
func (p Printer) Print(a Answer) error {
	switch p.Format {
	case JSON:
		return p.json(a.Message)
	case YAML:
		return p.yaml(a.Message)
	case Name:
		for _, n := range a.Names {
			if _, err := fmt.Fprintln(p.W, n); err != nil {
				return err
			}
		}
		return nil
	default:
		return a.Table(p.W)
	}
}

// PrintDocument writes one of n answers to one command: in YAML, each of several is
// a document of its own.
func (p Printer) PrintDocument(a Answer, n int) error {
	if p.Format == YAML && n > 1 {
		if _, err := fmt.Fprintln(p.W, "---"); err != nil {
			return err
		}
	}
	return p.Print(a)
}

// Indent is the indentation of JSON and YAML.
const indent = "  "

func (p Printer) json(m proto.Message) error {
	raw, err := Encode(m)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", indent); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(p.W)
	return err
}

// Encode returns the message as compact JSON. It is the same each time, which
// protojson alone does not promise.
func Encode(m proto.Message) ([]byte, error) {
	raw, err := protojson.MarshalOptions{EmitUnpopulated: false}.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw)
	return out.Bytes(), err
}

func (p Printer) yaml(m proto.Message) error {
	raw, err := Encode(m)
	if err != nil {
		return err
	}
	text, err := YAMLOf(raw)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.W, text)
	return err
}

// YAMLOf writes one JSON value as a YAML document.
func YAMLOf(raw []byte) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return "", err
	}
	block(&doc)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(len(indent))
	if err := enc.Encode(&doc); err != nil {
		return "", err
	}
	return out.String(), enc.Close()
}

// block turns the flow style of JSON into the block style of YAML; what is empty
// stays as it is.
func block(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
		return
	}
	n.Style = 0
	for _, c := range n.Content {
		block(c)
	}
}

// Rows writes aligned columns under a heading.
func Rows(w io.Writer, heading []string, rows [][]string) error {
	return columns(w, append([][]string{heading}, rows...))
}

// Facts writes names and values in two columns, leaving out empty values.
func Facts(w io.Writer, facts [][2]string) error {
	var rows [][]string
	for _, f := range facts {
		if f[1] != "" {
			rows = append(rows, f[:])
		}
	}
	return columns(w, rows)
}

func columns(w io.Writer, rows [][]string) error {
	var out bytes.Buffer
	t := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		for i, c := range row {
			if i > 0 {
				_, _ = t.Write([]byte{'\t'}) // a buffer takes everything
			}
			_, _ = io.WriteString(t, strings.ReplaceAll(Clean(c), "\t", " "))
		}
		_, _ = t.Write([]byte{'\n'})
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(out.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// Clean replaces what could steer a terminal: control characters other than tabs,
// and characters that change the direction of text.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r == '\n':
			return ' '
		case r < 0x20, r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		default:
			return r
		}
	}, text)
}
