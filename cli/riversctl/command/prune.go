package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type valuePruner interface {
	PruneValues(ctx context.Context, in *riversv1.PruneValuesRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[riversv1.PruneValuesResponse], error)
}

// PruneValues removes stored values that nothing refers to.
type PruneValues struct {
	Assets  valuePruner
	Printer output.Printer
	// Notes is told what could not be done.
	Notes io.Writer
	// Selection restricts the assets; empty means all.
	Selection string
	// Grace is how long a value is left alone; nil means the location's setting.
	Grace *time.Duration
	// DryRun removes nothing.
	DryRun bool
}

// Run prints what was removed of each asset, or would be. It fails in the end when
// something could not be.
func (c PruneValues) Run(ctx context.Context) error {
	req := &riversv1.PruneValuesRequest{Selection: c.Selection, DryRun: c.DryRun}
	if c.Grace != nil {
		req.Grace = durationpb.New(*c.Grace)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers, err := c.Assets.PruneValues(ctx, req)
	if err != nil {
		return err
	}
	var all pruned
	for {
		a, err := answers.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(c.summary(&all), err)
		}
		if err := c.one(&all, a); err != nil {
			return err
		}
	}
	if err := c.summary(&all); err != nil {
		return err
	}
	if all.troubled > 0 {
		return fmt.Errorf("values of %s were not all looked at or removed", output.Count(all.troubled, "asset"))
	}
	return nil
}

// pruned is what all answers say together.
type pruned struct {
	rows                    [][]string
	objects, removed, bytes int64
	troubled                int
}

// one takes in one answer, and prints it unless there is a table in the end.
func (c PruneValues) one(all *pruned, a *riversv1.PruneValuesResponse) error {
	all.objects += a.GetObjectCount()
	all.removed += a.GetRemovedCount()
	all.bytes += a.GetRemovedBytes()
	if len(a.GetProblems()) > 0 {
		all.troubled++
	}
	for _, text := range a.GetProblems() {
		if _, err := fmt.Fprintf(c.Notes, "%s: %s\n", output.Clean(a.GetAsset()), output.Clean(text)); err != nil {
			return err
		}
	}
	if a.GetRemovedCount() > 0 {
		all.rows = append(all.rows, []string{
			a.GetAsset(), strconv.FormatInt(a.GetRemovedCount(), 10), output.Bytes(a.GetRemovedBytes()), example(a),
		})
	}
	if c.Printer.Format == output.Table {
		return nil
	}
	return c.Printer.PrintDocument(output.Answer{Message: a, Names: paths(a)}, 2)
}

// example is the first value, and how many more there are.
func example(a *riversv1.PruneValuesResponse) string {
	if len(a.GetExamples()) == 0 {
		return ""
	}
	text := a.GetExamples()[0].GetPath()
	if more := a.GetRemovedCount() - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func paths(a *riversv1.PruneValuesResponse) []string {
	var out []string
	for _, o := range a.GetExamples() {
		out = append(out, o.GetPath())
	}
	return out
}

// summary prints the table for people.
func (c PruneValues) summary(all *pruned) error {
	if c.Printer.Format != output.Table {
		return nil
	}
	if len(all.rows) > 0 {
		if err := output.Rows(c.Printer.W, []string{"ASSET", "VALUES", "SIZE", "VALUE"}, all.rows); err != nil {
			return err
		}
	}
	verb := "removed"
	if c.DryRun {
		verb = "would remove"
	}
	_, err := fmt.Fprintf(c.Printer.W, "%s %s of %s, %s\n", verb, output.Count(all.removed, "value"), strconv.FormatInt(all.objects, 10), output.Bytes(all.bytes))
	return err
}
