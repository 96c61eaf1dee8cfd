package read_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/read"
	"rivers.io/runtime/store"
)

func TestParseRunFilter(t *testing.T) {
	for text, want := range map[string]store.RunFilter{
		"":                 {},
		"  status=FAILED ": {Status: []store.Status{store.Failed}},
		"status = RUN_STATUS_CANCELED OR status=CANCELED":       {Status: []store.Status{store.Canceled}},
		"(status=QUEUED OR status=STARTED) AND launcher=manual": {Status: []store.Status{store.Queued, store.Started}, LauncherKind: "manual"},
		`asset = "a b" AND partition='2001-01-01|x'`:            {Asset: "a b", Partition: "2001-01-01|x"},
		`asset = "say \"AND\" \\"`:                              {Asset: `say "AND" \`},
		`tags.team = "in"`:                                      {TagKey: "team", TagValue: "in"},
		`tags.rivers/rerun_of = x`:                              {TagKey: "rivers/rerun_of", TagValue: "x"},
		`tags:"team"`:                                           {TagKey: "team"},
		`id:0190*`:                                              {IDPrefix: "0190"},
	} {
		got, err := read.ParseRunFilter(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
}

func TestUnknownStatusListsTheNames(t *testing.T) {
	_, err := read.ParseRunFilter("status = ended")
	const want = `unknown status "ended"; known are QUEUED, NOT_STARTED, STARTED, SUCCEEDED, FAILED, CANCELED`
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// FuzzRunFilter reads any text: it never panics, refuses with a fault, and a
// quoted value comes back as it was.
func FuzzRunFilter(f *testing.F) {
	for _, seed := range []string{`status = FAILED`, `(`, `"`, `a"b\`, `tags.x = "y" AND`, "create_time<=2001-01-01T00:00:00Z", "status=A OR"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := read.ParseRunFilter(text); err != nil && fault.Reason(err) != "INVALID_FILTER" {
			t.Errorf("%q: %v", text, err)
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return
		}
		got, err := read.ParseRunFilter("asset = " + read.QuoteFilter(text))
		if err != nil || got.Asset != text {
			t.Errorf("quoted %q became %q, %v", text, got.Asset, err)
		}
	})
}
