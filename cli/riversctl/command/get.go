package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type assetGetter interface {
	GetAsset(ctx context.Context, in *riversv1.GetAssetRequest, opts ...grpc.CallOption) (*riversv1.GetAssetResponse, error)
}

type partitionSummarizer interface {
	GetPartitionSummary(ctx context.Context, in *riversv1.GetPartitionSummaryRequest, opts ...grpc.CallOption) (*riversv1.GetPartitionSummaryResponse, error)
}

// Get prints one asset.
type Get struct {
	Assets     assetGetter
	Partitions partitionSummarizer
	Printer    output.Printer
	Now        func() time.Time
	// Asset is the asset's name.
	Asset string
}

// Run prints what the asset declares and what is known about it.
func (c Get) Run(ctx context.Context) error {
	resp, err := c.Assets.GetAsset(ctx, &riversv1.GetAssetRequest{Asset: c.Asset})
	if err != nil {
		return err
	}
	a := resp.GetAsset()
	var summary *riversv1.GetPartitionSummaryResponse
	if a.GetPartitions() != nil && c.Printer.Format == output.Table {
		summary, err = c.Partitions.GetPartitionSummary(ctx, &riversv1.GetPartitionSummaryRequest{Asset: c.Asset})
		if err != nil {
			return err
		}
	}
	return c.Printer.Print(output.Answer{Message: a, Names: []string{a.GetName()}, Table: func(w io.Writer) error {
		return output.Facts(w, append(c.declared(a), c.known(a, summary)...))
	}})
}

func (c Get) declared(a *riversv1.Asset) [][2]string {
	inputs := make([]string, len(a.GetInputs()))
	for i, in := range a.GetInputs() {
		inputs[i] = in.GetAsset()
		if m := in.GetMapping().GetKind(); m != "" && m != "identity" {
			inputs[i] += " (" + m + ")"
		}
	}
	source := ""
	if s := a.GetSource(); s != nil {
		source = fmt.Sprintf("%s:%d", s.GetFile(), s.GetLine())
	}
	facts := [][2]string{
		{"Name", a.GetName()},
		{"Description", a.GetDescription()},
		{"Group", a.GetGroup()},
		{"Kinds", strings.Join(a.GetKinds(), ", ")},
		{"Tags", strings.Join(a.GetTags(), ", ")},
		{"Owners", strings.Join(a.GetOwners(), ", ")},
		{"Upstreams", strings.Join(inputs, ", ")},
		{"Downstreams", strings.Join(a.GetDownstreams(), ", ")},
		{"Partitions", partitions(a)},
		{"Value", a.GetValueType()},
		{"Code version", a.GetCodeVersion()},
		{"Retries", retries(a.GetRetry())},
		{"Executor", a.GetExecutor()},
		{"Resources", strings.Join(a.GetResources(), ", ")},
		{"Declared at", source},
	}
	if len(a.GetConfig()) > 0 {
		facts = append(facts, [2]string{"Config", fmt.Sprint(len(a.GetConfig()), " to set by --config")})
	}
	for _, f := range a.GetConfig() {
		facts = append(facts, [2]string{"  " + f.GetName(), configField(f)})
	}
	return facts
}

// retries says how often and after what waits a step is tried again.
func retries(p *riversv1.RetryPolicy) string {
	if p.GetMaxRetries() == 0 {
		return ""
	}
	text := output.Count(p.GetMaxRetries(), "time")
	b := p.GetBackoff()
	if wait := b.GetBase().AsDuration(); wait > 0 {
		text += fmt.Sprintf(", waiting %s (%s)", wait, b.GetKind())
	}
	if len(p.GetOn()) > 0 {
		text += ", on " + strings.Join(p.GetOn(), ", ")
	}
	return text
}

// configField says what a field of a config is, and where its value comes from.
func configField(f *riversv1.ConfigField) string {
	words := []string{f.GetType()}
	switch {
	case f.GetSecret():
		words = append(words, "secret")
	case f.GetDefault() != nil:
		words = append(words, "default "+protojson.Format(f.GetDefault()))
	}
	if f.GetEnv() != "" {
		words = append(words, "or $"+f.GetEnv())
	}
	text := strings.Join(words, ", ")
	if f.GetDescription() != "" {
		text += ": " + f.GetDescription()
	}
	return text
}

func (c Get) known(a *riversv1.Asset, s *riversv1.GetPartitionSummaryResponse) [][2]string {
	facts := [][2]string{{"Status", statusOf(a)}}
	if s != nil {
		facts = append(facts,
			[2]string{"Keys", fmt.Sprintf("%d materialized, %d failed, %d missing of %d",
				s.GetMaterialized(), s.GetFailed(), s.GetMissing(), s.GetTotalSize())},
			[2]string{"Missing", s.GetMissingPartitions()},
			[2]string{"Failed", s.GetFailedPartitions()})
	}
	if m := a.GetState().GetLastMaterialization(); m != nil {
		facts = append(facts, [2]string{"Materialized", fmt.Sprintf("%s (%s)%s by run %s",
			at(m.GetTime()).Format(time.RFC3339), output.Ago(at(m.GetTime()), c.Now()), bracket(m.GetPartition()), m.GetRun())},
			[2]string{"Data version", m.GetMaterialization().GetDataVersion()})
		if v := m.GetMaterialization().GetValue(); v != nil {
			facts = append(facts, [2]string{"Stored as", fmt.Sprintf("%s, %s, %s", v.GetPath(), v.GetFormat(), output.Bytes(v.GetBytes()))})
		}
		for _, key := range sortedKeys(m.GetMaterialization().GetMetadata().GetFields()) {
			facts = append(facts, [2]string{"  " + key, metadataText(m.GetMaterialization().GetMetadata().GetFields()[key])})
		}
	}
	if f := a.GetState().GetFailTime(); f != nil {
		facts = append(facts, [2]string{"Last failed", fmt.Sprintf("%s%s in run %s",
			at(f).Format(time.RFC3339), bracket(a.GetState().GetFailedPartition()), a.GetState().GetFailedRun())})
	}
	return facts
}
