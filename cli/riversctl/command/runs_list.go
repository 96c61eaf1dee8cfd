package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type runLister interface {
	ListRuns(ctx context.Context, in *riversv1.ListRunsRequest, opts ...grpc.CallOption) (*riversv1.ListRunsResponse, error)
}

// ListRuns prints runs, newest first.
type ListRuns struct {
	Runs    runLister
	Printer output.Printer
	Now     func() time.Time
	// Filter restricts the list.
	Filter RunFilter
	// Assets and Notes tell about an asset that is not declared when no run is
	// found; nil tells nothing.
	Assets assetGetter
	Notes  io.Writer
	// Limit is the most runs printed; 0 means all.
	Limit int
}

// RunFilter restricts runs; empty fields do not restrict.
type RunFilter struct {
	// Status holds words such as failed or running.
	Status []string
	// Asset, Partition and Launcher are compared whole.
	Asset, Partition, Launcher string
	// Tags are key=value, or a key alone for any value.
	Tags []string
	// Raw is a filter in the language of the API.
	Raw string
}

var statusWords = map[string]string{
	"queued": "QUEUED", "starting": "NOT_STARTED", "running": "STARTED",
	"succeeded": "SUCCEEDED", "failed": "FAILED", "canceled": "CANCELED",
}

// filterOperators cannot stand in a name of the filter language.
const filterOperators = " \t\n\"'()=<>:!"

// text writes the filter in the language of the API.
func (f RunFilter) text() (string, error) {
	var terms, states []string
	for _, s := range f.Status {
		word, ok := statusWords[strings.ToLower(s)]
		if !ok {
			return "", exit.Usagef("unknown status %q: choose queued, starting, running, succeeded, failed or canceled", s)
		}
		states = append(states, "status = "+word)
	}
	if len(states) > 0 {
		terms = append(terms, strings.Join(states, " OR "))
	}
	for _, t := range [][2]string{{"asset", f.Asset}, {"partition", f.Partition}, {"launcher", f.Launcher}} {
		if t[1] != "" {
			terms = append(terms, fmt.Sprintf("%s = %s", t[0], quote(t[1])))
		}
	}
	for _, t := range f.Tags {
		key, value, ok := strings.Cut(t, "=")
		if !ok {
			terms = append(terms, "tags:"+quote(key))
			continue
		}
		if key == "" || strings.ContainsAny(key, filterOperators) {
			return "", exit.Usagef("tag %q: a key with spaces, quotes or operators cannot be asked for", key)
		}
		terms = append(terms, fmt.Sprintf("tags.%s = %s", key, quote(value)))
	}
	if f.Raw != "" {
		terms = append(terms, f.Raw)
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	for i, t := range terms {
		if strings.Contains(t, " OR ") {
			terms[i] = "(" + t + ")"
		}
	}
	return strings.Join(terms, " AND "), nil
}

// quote writes a string of the filter language.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Run prints the runs.
func (c ListRuns) Run(ctx context.Context) error {
	filter, err := c.Filter.text()
	if err != nil {
		return err
	}
	all := &riversv1.ListRunsResponse{}
	for token := ""; ; {
		size := pageSize
		if c.Limit > 0 {
			size = min(size, c.Limit-len(all.GetRuns()))
		}
		page, err := c.Runs.ListRuns(ctx, &riversv1.ListRunsRequest{Filter: filter, PageSize: int32(size), PageToken: token})
		if err != nil {
			return err
		}
		all.Runs = append(all.Runs, page.GetRuns()...)
		token = page.GetNextPageToken()
		if token == "" || c.Limit > 0 && len(all.GetRuns()) >= c.Limit {
			break
		}
	}
	if len(all.GetRuns()) == 0 {
		c.hint(ctx)
	}
	names := make([]string, len(all.GetRuns()))
	for i, r := range all.GetRuns() {
		names[i] = r.GetId()
	}
	return c.Printer.Print(output.Answer{Message: all, Names: names, Table: func(w io.Writer) error {
		return c.table(w, all.GetRuns())
	}})
}

// hint says that the asset asked for is not declared. Its old runs would be listed
// all the same, so that it is no error.
func (c ListRuns) hint(ctx context.Context) {
	if c.Filter.Asset == "" || c.Assets == nil || c.Notes == nil {
		return
	}
	_, err := c.Assets.GetAsset(ctx, &riversv1.GetAssetRequest{Asset: c.Filter.Asset})
	if st, ok := status.FromError(err); ok && st.Code() == codes.NotFound {
		_, _ = fmt.Fprintln(c.Notes, output.Clean(st.Message())) // a remark is not worth an error
	}
}

func (c ListRuns) table(w io.Writer, runs []*riversv1.Run) error {
	rows := make([][]string, len(runs))
	for i, r := range runs {
		counts := r.GetCounts()
		rows[i] = []string{
			r.GetId(), runStatus(r), target(r),
			fmt.Sprintf("%d/%d", done(counts), counts.GetTotal()), launcher(r),
			output.Ago(at(r.GetCreateTime()), c.Now()), elapsed(r, c.Now()),
		}
	}
	return output.Rows(w, []string{"RUN", "STATUS", "TARGET", "STEPS", "BY", "CREATED", "TOOK"}, rows)
}

// target says what a run computes.
func target(r *riversv1.Run) string {
	text := r.GetSelection()
	if text == "" {
		text = "all assets"
		if n := r.GetAssetCount(); int(n) == len(r.GetAssets()) && n > 0 && n <= 3 {
			text = strings.Join(r.GetAssets(), " ")
		}
	}
	return text + bracket(r.GetPartitions())
}

func done(c *riversv1.RunCounts) int32 {
	return c.GetSucceeded() + c.GetFailed() + c.GetSkipped() + c.GetCanceled()
}

func launcher(r *riversv1.Run) string {
	l := r.GetLauncher()
	for _, name := range []string{l.GetUser().GetName(), l.GetUser().GetEmail(), l.GetUser().GetSubject(), l.GetName()} {
		if name != "" {
			return name
		}
	}
	return l.GetKind()
}

// elapsed is how long the run took, or has taken so far.
func elapsed(r *riversv1.Run, now time.Time) string {
	if r.GetStartTime() == nil {
		return ""
	}
	end := now
	if r.GetEndTime() != nil {
		end = at(r.GetEndTime())
	}
	return output.Duration(end.Sub(at(r.GetStartTime())))
}
