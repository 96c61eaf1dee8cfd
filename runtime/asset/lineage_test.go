package asset

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAncestorsAndDescendants(t *testing.T) {
	t.Parallel()
	g := shop(t)
	i := func(name string) int { at, _ := g.Index(name); return at }
	cases := []struct {
		why  string
		got  []int
		want []string
	}{
		{"all ancestors", g.Ancestors(i("fct_users"), -1), []string{"raw_users", "stg_users"}},
		{"ancestors over one edge", g.Ancestors(i("report"), 1), []string{"fct_sales", "fct_users"}},
		{"none over no edge", g.Ancestors(i("report"), 0), []string{}},
		{"all descendants", g.Descendants(i("stg_users"), -1), []string{"fct_sales", "fct_users", "report"}},
		{"descendants over one edge", g.Descendants(i("raw_users"), 1), []string{"stg_users"}},
		{"a leaf has none", g.Descendants(i("report"), -1), []string{}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if diff := cmp.Diff(c.want, g.Names(c.got)); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNeighbourhood(t *testing.T) {
	t.Parallel()
	g := shop(t)
	at, _ := g.Index("fct_users")
	n := g.Neighbourhood(at, 1, 1)
	if diff := cmp.Diff([]string{"stg_users", "fct_users", "report"}, g.Names(n.Assets)); diff != "" {
		t.Errorf("assets differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Link{{From: 3, To: 5, Input: 0}, {From: 5, To: 6, Input: 1}}, n.Links); diff != "" {
		t.Errorf("links differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"stg_users", "report"}, g.Names(n.MoreUp)); diff != "" {
		t.Errorf("more upstream differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"stg_users"}, g.Names(n.MoreDown)); diff != "" {
		t.Errorf("more downstream differs (-want +got):\n%s", diff)
	}
	if whole := g.Among(g.Order()); len(whole.Links) != 7 || whole.MoreUp != nil || whole.MoreDown != nil {
		t.Errorf("the whole graph: %+v", whole)
	}
}
