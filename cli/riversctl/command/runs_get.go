package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type runGetter interface {
	GetRun(ctx context.Context, in *riversv1.GetRunRequest, opts ...grpc.CallOption) (*riversv1.GetRunResponse, error)
}

// GetRun prints one run.
type GetRun struct {
	Runs    runGetter
	Printer output.Printer
	Now     func() time.Time
	// ID is the run's whole id.
	ID string
}

// Run prints the run.
func (c GetRun) Run(ctx context.Context) error {
	resp, err := c.Runs.GetRun(ctx, &riversv1.GetRunRequest{Run: c.ID})
	if err != nil {
		return err
	}
	r := resp.GetRun()
	return c.Printer.Print(output.Answer{Message: r, Names: []string{r.GetId()}, Table: func(w io.Writer) error {
		return output.Facts(w, runFacts(r, c.Now()))
	}})
}

func runFacts(r *riversv1.Run, now time.Time) [][2]string {
	tags := make([]string, 0, len(r.GetTags()))
	for _, k := range sortedKeys(r.GetTags()) {
		tags = append(tags, k+"="+r.GetTags()[k])
	}
	again := ""
	if r.GetSource() != "" {
		again = r.GetSource()
		if n := r.GetOnlyCount(); n > 0 {
			again += fmt.Sprintf(", %s of it again", output.Count(n, "step"))
		}
	}
	return [][2]string{
		{"Run", r.GetId()},
		{"Status", runStatus(r)},
		{"Cause", r.GetCause()},
		{"Waits for", r.GetBlockReason()},
		{"Target", target(r)},
		{"Assets", output.Count(r.GetAssetCount(), "asset")},
		{"Steps", countsText(r.GetCounts())},
		{"Source", again},
		{"Repeats", r.GetTags()["rivers/rerun_of"]},
		{"Launched by", strings.TrimSpace(r.GetLauncher().GetKind() + " " + launcherName(r))},
		{"Tags", strings.Join(tags, ", ")},
		{"Created", stamp(at(r.GetCreateTime()), now)},
		{"Started", stamp(at(r.GetStartTime()), now)},
		{"Ended", stamp(at(r.GetEndTime()), now)},
		{"Took", elapsed(r, now)},
		{"Executor", r.GetExecutor()},
	}
}

func launcherName(r *riversv1.Run) string {
	if name := launcher(r); name != r.GetLauncher().GetKind() {
		return name
	}
	return ""
}

func stamp(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s (%s)", t.UTC().Format(time.RFC3339), output.Ago(t, now))
}

// countsText writes how steps ended: "12 of 31 done, 1 failed".
func countsText(c *riversv1.RunCounts) string {
	text := fmt.Sprintf("%d of %d done", done(c), c.GetTotal())
	for _, part := range []struct {
		n    int32
		word string
	}{{c.GetFailed(), "failed"}, {c.GetSkipped(), "skipped"}, {c.GetCanceled(), "canceled"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.word)
		}
	}
	return text
}

// idLength is the length of a whole run id, and shortest the fewest characters
// that may stand for one.
const (
	idLength = 36
	shortest = 4
)

// RunID returns the whole id that text stands for: an id, the beginning of one, or
// "latest".
func RunID(ctx context.Context, runs runLister, text string) (string, error) {
	req := &riversv1.ListRunsRequest{PageSize: 2}
	switch {
	case text == "latest":
		req.PageSize = 1
	case len(text) == idLength:
		return text, nil
	case len(text) < shortest || len(text) > idLength || strings.Trim(text, "0123456789abcdefABCDEF-") != "":
		return "", exit.Usagef("%q is no run id: give the id, its first %d characters or more, or latest", text, shortest)
	default:
		req.Filter = "id : " + quote(strings.ToLower(text)+"*")
	}
	page, err := runs.ListRuns(ctx, req)
	if err != nil {
		return "", err
	}
	switch found := page.GetRuns(); {
	case len(found) == 1:
		return found[0].GetId(), nil
	case len(found) > 1:
		return "", exit.Usagef("several runs begin with %q, such as %s and %s", text, found[0].GetId(), found[1].GetId())
	case text == "latest":
		return "", fmt.Errorf("there is no run yet")
	default:
		return "", fmt.Errorf("no run begins with %q", text)
	}
}
