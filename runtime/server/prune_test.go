package server_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server"
)

// prunes remembers what it was asked for and removes two values of every asset.
type prunes struct {
	asked []server.Prune
	err   error
}

func (p *prunes) Prune(_ context.Context, order server.Prune, report func(server.Pruned) error) error {
	p.asked = append(p.asked, order)
	for _, name := range order.Assets {
		err := report(server.Pruned{
			Asset: name, Removed: 2, Bytes: 30, Objects: 9, Young: 3, Foreign: 1, Failed: 1,
			Examples: []server.PrunedValue{{Path: name + "/_/v.json", Bytes: 10, Made: now}},
			Problems: []error{errors.New("\xff" + strings.Repeat("x", 2000))}, Before: now,
		})
		if err != nil {
			return err
		}
	}
	return p.err
}

func withPruner(p server.Pruner) option { return func(c *server.Config) { c.Pruner = p } }

func (r *rig) prune(req *riversv1.PruneValuesRequest) ([]*riversv1.PruneValuesResponse, error) {
	answers, err := r.assets.PruneValues(r.ctx(), req)
	if err != nil {
		return nil, err
	}
	var all []*riversv1.PruneValuesResponse
	for {
		a, err := answers.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, a)
	}
}

func TestPruneValues(t *testing.T) {
	p := &prunes{}
	r := newRig(t, withPruner(p))
	got, err := r.prune(&riversv1.PruneValuesRequest{Selection: "+delays", DryRun: true, Grace: durationpb.New(time.Hour)})
	if err != nil || len(got) != len(p.asked[0].Assets) {
		t.Fatalf("%d answers, %v", len(got), err)
	}
	hour := time.Hour
	if diff := cmp.Diff([]server.Prune{{Assets: []string{"airports", "flights", "delays"}, Grace: &hour, DryRun: true}}, p.asked); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	a := got[0]
	if a.Asset != "airports" || a.RemovedCount != 2 || a.RemovedBytes != 30 || a.ObjectCount != 9 || a.YoungCount != 3 ||
		a.ForeignCount != 1 || a.FailedCount != 1 || len(a.Examples) != 1 || a.Examples[0].Path != "airports/_/v.json" {
		t.Errorf("answer = %v", a)
	}
	if text := a.Problems[0]; len(text) > 1100 || !strings.HasPrefix(text, "\uFFFDx") {
		t.Errorf("a problem of %d bytes", len(text))
	}
	if _, err := r.prune(&riversv1.PruneValuesRequest{}); err != nil || p.asked[1].Grace != nil || len(p.asked[1].Assets) != 4 {
		t.Errorf("all assets with the own grace: %+v, %v", p.asked[1], err)
	}
	if answer := r.call("POST", base+"/values:prune", `{"selection":"report","dryRun":true,"grace":"0s"}`, nil); answer.code != 200 || !strings.Contains(answer.body, `"removedCount":"2"`) {
		t.Errorf("REST: %+v", answer)
	}
}

func TestPruneValuesRefusals(t *testing.T) {
	r := newRig(t, withPruner(&prunes{err: server.ValuesShared("x", errors.New("shared"))}))
	for _, c := range []struct {
		why  string
		req  *riversv1.PruneValuesRequest
		code codes.Code
	}{
		{"values are not made in the future", &riversv1.PruneValuesRequest{Grace: durationpb.New(-time.Second)}, codes.InvalidArgument},
		{"longer than anybody waits", &riversv1.PruneValuesRequest{Grace: durationpb.New(11 * 365 * 24 * time.Hour)}, codes.InvalidArgument},
		{"no such asset", &riversv1.PruneValuesRequest{Selection: "nothing"}, codes.InvalidArgument},
		{"a selection longer than any", &riversv1.PruneValuesRequest{Selection: strings.Repeat("x", 70000)}, codes.InvalidArgument},
		{"another location", &riversv1.PruneValuesRequest{Location: "namespaces/local/codeLocations/other"}, codes.NotFound},
		{"another database has values there", &riversv1.PruneValuesRequest{Selection: "report"}, codes.FailedPrecondition},
	} {
		if _, err := r.prune(c.req); status.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", c.why, err, c.code)
		}
	}
	if _, err := newRig(t).prune(&riversv1.PruneValuesRequest{}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("without a pruner: %v", err)
	}
}
