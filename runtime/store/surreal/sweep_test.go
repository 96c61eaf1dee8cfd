package surreal

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store/surreal/conn"
)

// tap keeps the text of what is sent.
type tap struct {
	link
	sent *[]string
}

func (t tap) Query(ctx context.Context, sql string, vars map[string]any) (conn.Results, error) {
	*t.sent = append(*t.sent, sql)
	return t.link.Query(ctx, sql, vars)
}

// TestTheSweepReadsOnlyWhatItRemoves asks the engine how it finds the old records:
// from both ends of an index, with nothing to filter below the limit.
func TestTheSweepReadsOnlyWhatItRemoves(t *testing.T) {
	d, err := connect(t.Context(), config(t, surrealtest.Shared(t)), schema)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := d.create(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sent []string
	plain := d.link
	d.link = tap{plain, &sent}
	if err := d.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 3 {
		t.Fatalf("%d statements were sent: %s", len(sent), sent)
	}
	for _, sql := range sent {
		reads := regexp.MustCompile(`SELECT .* LIMIT \$p\d+`).FindString(sql)
		limit := reads[strings.LastIndex(reads, "$")+1:]
		res, err := plain.Query(t.Context(), "EXPLAIN "+reads, map[string]any{"before": int64(1000), limit: sweepBatch})
		if err != nil {
			t.Fatal(err)
		}
		var plan any
		if err := res.Decode(0, &plan); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(plan)
		if !strings.Contains(text, "access: >0 <1000") || !strings.Contains(text, "limit: $") || strings.Contains(text, "Filter") {
			t.Errorf("%s\n%s", reads, text)
		}
	}
}
