package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

// pageSize is how much is asked for at once where all is wanted.
const pageSize = 500

type assetLister interface {
	ListAssets(ctx context.Context, in *riversv1.ListAssetsRequest, opts ...grpc.CallOption) (*riversv1.ListAssetsResponse, error)
}

// List prints the assets of a location.
type List struct {
	Assets  assetLister
	Printer output.Printer
	Now     func() time.Time
	// Selection restricts the list; empty means all.
	Selection string
}

// Run prints the assets in declaration order.
func (c List) Run(ctx context.Context) error {
	all := &riversv1.ListAssetsResponse{}
	for token := ""; ; {
		page, err := c.Assets.ListAssets(ctx, &riversv1.ListAssetsRequest{
			PageSize: pageSize, PageToken: token, Selection: c.Selection, View: riversv1.AssetView_ASSET_VIEW_BASIC,
		})
		if err != nil {
			return err
		}
		all.Assets = append(all.Assets, page.GetAssets()...)
		all.TotalSize = page.GetTotalSize()
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	names := make([]string, len(all.GetAssets()))
	for i, a := range all.GetAssets() {
		names[i] = a.GetName()
	}
	return c.Printer.Print(output.Answer{Message: all, Names: names, Table: func(w io.Writer) error {
		rows := make([][]string, len(all.GetAssets()))
		for i, a := range all.GetAssets() {
			rows[i] = []string{
				a.GetName(), partitions(a), a.GetGroup(), strings.Join(a.GetKinds(), ","),
				output.Ago(last(a), c.Now()), statusOf(a),
			}
		}
		return output.Rows(w, []string{"ASSET", "PARTITIONS", "GROUP", "KINDS", "LAST", "STATUS"}, rows)
	}})
}

// partitions describes the key space of an asset: "daily (90)".
func partitions(a *riversv1.Asset) string {
	if a.GetPartitions() == nil {
		return ""
	}
	return fmt.Sprintf("%s (%d)", a.GetPartitions().GetKind(), a.GetPartitionKeys().GetTotalSize())
}

// last is when the asset was last materialized; zero when it never was.
func last(a *riversv1.Asset) time.Time {
	return at(a.GetState().GetLastMaterialization().GetTime())
}

// statusOf is the newest that happened to the asset.
func statusOf(a *riversv1.Asset) string {
	failed, made := at(a.GetState().GetFailTime()), last(a)
	switch {
	case failed.After(made):
		return "failed"
	case !made.IsZero():
		return "materialized"
	default:
		return "missing"
	}
}
