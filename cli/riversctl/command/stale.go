package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type stalenessLister interface {
	ListStaleness(ctx context.Context, in *riversv1.ListStalenessRequest, opts ...grpc.CallOption) (*riversv1.ListStalenessResponse, error)
}

type partitionStalenessLister interface {
	ListPartitionStaleness(ctx context.Context, in *riversv1.ListPartitionStalenessRequest, opts ...grpc.CallOption) (*riversv1.ListPartitionStalenessResponse, error)
}

// Stale prints which assets are stale or missing, and why.
type Stale struct {
	Assets  stalenessLister
	Printer output.Printer
	// Selection restricts the assets; empty means all.
	Selection string
	// Keys is how many keys of each partitioned asset are judged; 0 leaves it to
	// the server.
	Keys int
	// All prints what is up to date too.
	All bool
}

// Run prints the assets in declaration order.
func (c Stale) Run(ctx context.Context) error {
	all := &riversv1.ListStalenessResponse{}
	for token := ""; ; {
		page, err := c.Assets.ListStaleness(ctx, &riversv1.ListStalenessRequest{
			PageToken: token, Selection: c.Selection, Keys: int32(c.Keys),
		})
		if err != nil {
			return err
		}
		for _, a := range page.GetAssets() {
			if c.All || a.GetState() != riversv1.StalenessState_STALENESS_STATE_UP_TO_DATE {
				all.Assets = append(all.Assets, a)
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	all.TotalSize = int32(len(all.GetAssets()))
	names := make([]string, len(all.GetAssets()))
	rows := make([][]string, len(all.GetAssets()))
	for i, a := range all.GetAssets() {
		names[i] = a.GetAsset()
		rows[i] = []string{a.GetAsset(), stateWord(a.GetState()), judgedKeys(a), because(a.GetCauses())}
	}
	return c.Printer.Print(output.Answer{Message: all, Names: names, Table: func(w io.Writer) error {
		return output.Rows(w, []string{"ASSET", "STATE", "KEYS", "BECAUSE"}, rows)
	}})
}

// StaleKeys prints the keys of one asset with their states and causes.
type StaleKeys struct {
	Partitions partitionStalenessLister
	Printer    output.Printer
	// Asset is the asset's name, and Selection the keys of it that are wanted,
	// such as "2001-01-01..2001-01-31".
	Asset, Selection string
	// All prints what is up to date too.
	All bool
}

// keyPage is how many keys are judged at once.
const keyPage = 500

// Run prints the keys in definition order.
func (c StaleKeys) Run(ctx context.Context) error {
	all := &riversv1.ListPartitionStalenessResponse{}
	for offset := uint64(0); ; {
		page, err := c.Partitions.ListPartitionStaleness(ctx, &riversv1.ListPartitionStalenessRequest{
			Asset: c.Asset, Partitions: c.Selection, Offset: offset, Limit: keyPage,
		})
		if err != nil {
			return err
		}
		for _, p := range page.GetPartitions() {
			if c.All || p.GetState() != riversv1.StalenessState_STALENESS_STATE_UP_TO_DATE {
				all.Partitions = append(all.Partitions, p)
			}
		}
		offset += uint64(len(page.GetPartitions()))
		if len(page.GetPartitions()) == 0 || offset >= page.GetTotalSize() {
			break
		}
	}
	all.TotalSize = uint64(len(all.GetPartitions()))
	names := make([]string, len(all.GetPartitions()))
	rows := make([][]string, len(all.GetPartitions()))
	for i, p := range all.GetPartitions() {
		names[i] = p.GetKey()
		rows[i] = []string{p.GetKey(), stateWord(p.GetState()), because(p.GetCauses())}
	}
	return c.Printer.Print(output.Answer{Message: all, Names: names, Table: func(w io.Writer) error {
		return output.Rows(w, []string{"KEY", "STATE", "BECAUSE"}, rows)
	}})
}

// stateWord writes a state: "up to date".
func stateWord(s riversv1.StalenessState) string {
	word := strings.TrimPrefix(s.String(), "STALENESS_STATE_")
	return strings.ToLower(strings.ReplaceAll(word, "_", " "))
}

// judgedKeys says how many keys of a partitioned asset are stale, and of how many
// that is known: "2 of 90", or "2 of the last 100 of 365".
func judgedKeys(a *riversv1.AssetStaleness) string {
	text := ""
	switch judged := uint64(a.GetJudgedKeys()); {
	case a.GetTotalKeys() <= 1 && judged <= 1:
	case judged == 0:
	case judged < a.GetMaterializedKeys():
		text = fmt.Sprintf("%d of the last %d of %d", a.GetStaleKeys(), judged, a.GetMaterializedKeys())
	default:
		text = fmt.Sprintf("%d of %d", a.GetStaleKeys(), judged)
	}
	if a.GetIncomplete() {
		text = strings.TrimPrefix(text+", incomplete", ", ")
	}
	return text
}

// because joins the causes.
func because(causes []*riversv1.StalenessCause) string {
	texts := make([]string, len(causes))
	for i, cause := range causes {
		texts[i] = cause.GetText()
		if n := cause.GetKeys(); n > 1 {
			texts[i] += fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	return strings.Join(texts, "; ")
}
