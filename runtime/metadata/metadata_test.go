package metadata_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/metadata"
)

var at = time.Date(2001, 2, 3, 4, 5, 6, 123456789, time.UTC)

// stored are values beside their stored form, which other programs read.
var stored = []struct {
	value metadata.Value
	form  string
}{
	{metadata.Text("a <b> & ü"), `{"type":"text","value":"a <b> & ü"}`},
	{metadata.Text(""), `{"type":"text","value":""}`},
	{metadata.Path("/data/x"), `{"type":"path","value":"/data/x"}`},
	{metadata.Markdown("# hi"), `{"type":"markdown","value":"# hi"}`},
	{metadata.Int(math.MinInt64), `{"type":"int","value":-9223372036854775808}`},
	{metadata.Float(0.1), `{"type":"float","value":0.1}`},
	{metadata.Bool(false), `{"type":"bool","value":false}`},
	{metadata.Null{}, `{"type":"null"}`},
	{metadata.URL("https://example.com/?a=1&b=2"), `{"type":"url","value":"https://example.com/?a=1&b=2"}`},
	{metadata.JSON(`{"a": [1]}`), `{"type":"json","value":"{\"a\": [1]}"}`},
	{metadata.Timestamp(at), `{"type":"timestamp","value":981173106.123456789}`},
	{metadata.Timestamp(time.Unix(0, 0).UTC()), `{"type":"timestamp","value":0}`},
	{metadata.Timestamp(time.Unix(-2, 5e8).UTC()), `{"type":"timestamp","value":-1.5}`},
	{metadata.Timestamp(time.Time{}), `{"type":"timestamp","value":-62135596800}`},
	{metadata.Bytes(math.MaxUint64), `{"type":"bytes","value":18446744073709551615}`},
	{metadata.Duration(1500 * time.Millisecond), `{"type":"duration","value":1.5}`},
	{metadata.Duration(math.MaxInt64), `{"type":"duration","value":9223372036.854775807}`},
	{metadata.Percentage(12.5), `{"type":"percentage","value":12.5}`},
	{metadata.SQL{Query: "select 1", Dialect: "duckdb"}, `{"type":"sql","value":"select 1","dialect":"duckdb"}`},
	{metadata.SQL{Query: ""}, `{"type":"sql","value":""}`},
	{metadata.Code{Source: "x", Language: "go"}, `{"type":"code","value":"x","language":"go"}`},
	{metadata.Image("data:image/png;base64,AA=="), `{"type":"image","value":"data:image/png;base64,AA=="}`},
	{metadata.Image("https://example.com/x.png"), `{"type":"image","value":"https://example.com/x.png"}`},
	{
		metadata.List{metadata.Int(1), metadata.List{metadata.Text("a")}},
		`{"type":"list","value":[{"type":"int","value":1},{"type":"list","value":[{"type":"text","value":"a"}]}]}`,
	},
	{metadata.List{}, `{"type":"list","value":[]}`},
	{
		metadata.DateRange{Start: at, End: at.Add(time.Hour)},
		`{"type":"date_range","start":"2001-02-03T04:05:06.123456789Z","end":"2001-02-03T05:05:06.123456789Z"}`,
	},
	{
		metadata.Schema{{Name: "a", Type: "int64"}, {Name: "b.c", Type: "string", Nullable: true, Repeated: true}},
		`{"type":"schema","columns":[{"name":"a","type":"int64"},{"name":"b.c","type":"string","nullable":true,"repeated":true}]}`,
	},
	{metadata.Schema{}, `{"type":"schema","columns":[]}`},
	{
		metadata.Table{Columns: []string{"a", "b"}, Rows: [][]any{{"x", int64(1)}, {nil, 2.5}, {2.0, 1e18}, {true, metadata.Bytes(1)}}},
		`{"type":"table","columns":["a","b"],"rows":[["x",1],[null,2.5],[2.0,1000000000000000000.0],[true,{"type":"bytes","value":1}]]}`,
	},
	{metadata.DataVersion("v1"), `{"type":"data_version","value":"v1"}`},
	{
		metadata.Unknown{Name: "hologram", Raw: json.RawMessage(`{"type":"hologram", "beam": [1.50]}`)},
		`{"type":"hologram", "beam": [1.50]}`,
	},
}

var exact = cmp.Options{
	cmp.Comparer(func(a, b metadata.Timestamp) bool { return time.Time(a).Equal(time.Time(b)) }),
	cmp.Comparer(func(a, b metadata.Unknown) bool { return a.Name == b.Name && compact(a.Raw) == compact(b.Raw) }),
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return string(raw)
	}
	return b.String()
}

func TestStoredForms(t *testing.T) {
	kinds := map[metadata.Tag]bool{}
	for _, c := range stored {
		kinds[c.value.Tag()] = true
		raw, err := metadata.Encode(c.value)
		if err != nil || string(raw) != c.form {
			t.Errorf("%s is stored as %s, %v; want %s", c.value.Tag(), raw, err, c.form)
		}
		back, err := metadata.Decode(json.RawMessage(c.form))
		if err != nil {
			t.Errorf("%s: %v", c.form, err)
		}
		if diff := cmp.Diff(c.value, back, exact); diff != "" {
			t.Errorf("%s: %s", c.form, diff)
		}
	}
	if len(kinds) != 22 {
		t.Errorf("%d kinds have a stored form here, want all 21 and an unknown one", len(kinds))
	}
}

func TestPlainValues(t *testing.T) {
	type name string
	for _, c := range []struct {
		plain any
		want  metadata.Value
	}{
		{"x", metadata.Text("x")},
		{name("x"), metadata.Text("x")},
		{1, metadata.Int(1)},
		{int8(-1), metadata.Int(-1)},
		{uint64(math.MaxInt64), metadata.Int(math.MaxInt64)},
		{float32(0.5), metadata.Float(0.5)},
		{true, metadata.Bool(true)},
		{nil, metadata.Null{}},
		{metadata.Bytes(1), metadata.Bytes(1)},
	} {
		got, err := metadata.Of(c.plain)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("Of(%v) = %v, %v; want %v", c.plain, got, err, c.want)
		}
	}
}

func TestRefusedValues(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{[]int{1}, "a []int is not"},
		{struct{}{}, "a struct {} is not"},
		{time.Second, "a time.Duration is not"},
		{at, "a time.Time is not"},
		{uint64(math.MaxUint64), "does not fit"},
		{math.NaN(), "float: NaN"},
		{math.Inf(1), "float: +Inf"},
		{metadata.Percentage(math.NaN()), "percentage: NaN"},
		{metadata.URL("/relative"), "not an absolute URL"},
		{metadata.URL("https://"), "without host"},
		{metadata.URL("https:///path"), "without host"},
		{metadata.URL("https://a b"), "space"},
		{metadata.URL("1http://x"), "not an absolute"},
		{metadata.URL(":x"), "not an absolute"},
		{metadata.JSON("{"), "not valid JSON"},
		{metadata.Duration(-1), "negative duration"},
		{metadata.Image("javascript:alert(1)"), "an image is"},
		{metadata.Image("data:text/html,x"), "an image is"},
		{metadata.DateRange{Start: at, End: at.Add(-1)}, "after its end"},
		{metadata.DataVersion(""), "empty data version"},
		{metadata.List{1, []int{}}, "element 1"},
		{metadata.Schema{{Type: "x"}}, "column 0 has no name"},
		{metadata.Schema{{Name: "a"}, {Name: "a"}}, `two columns are named "a"`},
		{metadata.Table{}, "needs columns"},
		{metadata.Table{Columns: []string{"a"}, Rows: [][]any{{1, 2}}}, "row 0 has 2 cells"},
		{metadata.Table{Columns: []string{"a"}, Rows: [][]any{{at}}}, `row 0, column "a"`},
	} {
		_, err := metadata.Of(c.value)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q in it", c.value, err, c.want)
		}
		if v, ok := c.value.(metadata.Value); ok {
			if _, err := metadata.Encode(v); err == nil {
				t.Errorf("%v was encoded", c.value)
			}
		}
	}
	if _, err := metadata.Encode(metadata.Text(strings.Repeat("x", metadata.MaxEncoded))); err == nil {
		t.Error("a value past the limit was encoded")
	}
}

func TestRefusedForms(t *testing.T) {
	deep := strings.Repeat(`{"type":"list","value":[`, 20) + strings.Repeat("]}", 20)
	for _, form := range []string{
		"", "null", "1", "[]", "{}", `{"type":""}`, `{"type":1}`, `{"type":"int"}`, `{"type":"int","value":null}`,
		`{"type":"int","value":"1"}`, `{"type":"int","value":1.5}`, `{"type":"bytes","value":-1}`,
		`{"type":"bool","value":1}`, `{"type":"text","value":1}`, `{"type":"url","value":"x"}`,
		`{"type":"timestamp","value":"now"}`, `{"type":"timestamp","value":1e400}`, `{"type":"timestamp","value":1e99}`,
		`{"type":"timestamp"}`, `{"type":"duration","value":1e12}`, `{"type":"duration","value":-1}`,
		`{"type":"list","value":[1]}`, `{"type":"list"}`, `{"type":"date_range","start":"2001-01-01T00:00:00Z"}`,
		`{"type":"schema"}`, `{"type":"schema","columns":[{}]}`, `{"type":"table","columns":["a"],"rows":[[[1]]]}`,
		`{"type":"table","columns":["a"],"rows":[[1,2]]}`, `{"type":"table","columns":1}`,
		`{"type":"table","columns":["a"],"rows":1}`, `{"type":"table","columns":["a"],"rows":[[{}]]}`, deep,
	} {
		if v, err := metadata.Decode(json.RawMessage(form)); err == nil {
			t.Errorf("%.80s was read as %v", form, v)
		}
	}
}

func TestTableWithoutRows(t *testing.T) {
	got, err := metadata.Decode(json.RawMessage(`{"type":"table","columns":["a"]}`))
	if err != nil || len(got.(metadata.Table).Rows) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestInstantsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(-1e14, 1e14).Draw(t, "sec"), rapid.Int64Range(0, 999_999_999).Draw(t, "nsec"))
		span := metadata.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "span"))
		for _, v := range []metadata.Value{metadata.Timestamp(want), span} {
			raw, err := metadata.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			back, err := metadata.Decode(raw)
			if err != nil || !cmp.Equal(v, back, exact) {
				t.Fatalf("%v came back as %v, %v from %s", v, back, err, raw)
			}
		}
	})
}

// FuzzDecode finds forms that do not survive a second round.
func FuzzDecode(f *testing.F) {
	for _, c := range stored {
		f.Add([]byte(c.form))
	}
	f.Fuzz(func(t *testing.T, form []byte) {
		first, err := metadata.Decode(form)
		if err != nil || len(form) > metadata.MaxEncoded/8 {
			return
		}
		raw, err := metadata.Encode(first)
		if err != nil {
			t.Fatalf("what was read cannot be stored: %v", err)
		}
		second, err := metadata.Decode(raw)
		if err != nil || !cmp.Equal(first, second, exact) {
			t.Fatalf("%s came back as %v, %v", raw, second, err)
		}
	})
}
