package rivers_test

import (
	"encoding/json"
	"testing"

	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// TestRowsRecordTheirSchema stores rows as Parquet, whose columns the
// materialization tells, so that two of them can be compared (D-61).
func TestRowsRecordTheirSchema(t *testing.T) {
	type row struct {
		Day  string
		Late *int64
		Tags []string
	}
	values, err := iohandler.OpenBlob(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := values.Close(); err != nil {
			t.Error(err)
		}
	})
	rows := rivers.NewAsset("rows", func(*rivers.Context) ([]row, error) { return []row{{Day: "2001-01-01"}}, nil }, rivers.StoredBy(values))
	number := rivers.NewAsset("number", func(*rivers.Context) (int, error) { return 1, nil }, rivers.StoredBy(values))

	_, result := riverstest.Run(t, rows, riverstest.StoredBy(values))
	if result.Failure != nil {
		t.Fatal(result.Failure.Message)
	}
	got, err := json.Marshal(result.Metadata["rivers/schema"])
	const want = `[{"name":"Day","type":"string"},{"name":"Late","type":"int64","nullable":true},{"name":"Tags","type":"string","repeated":true}]`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if _, result := riverstest.Run(t, number, riverstest.StoredBy(values)); result.Metadata["rivers/schema"] != nil {
		t.Error("a number has columns")
	}
}
