package iohandler_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
)

func open(t testing.TB, url string) *iohandler.Blob {
	t.Helper()
	b, err := iohandler.OpenBlob(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func output[T any](t testing.TB, asset string, key partition.Key) *rivers.OutputContext {
	t.Helper()
	return &rivers.OutputContext{
		Context: t.Context(), Logger: slog.New(slog.DiscardHandler), Asset: asset, Partition: key,
		ValueID: uuid.Must(uuid.NewV7()).String(), Type: reflect.TypeFor[T](),
	}
}

func store[T any](t testing.TB, b *iohandler.Blob, value T) rivers.Ref {
	t.Helper()
	return storeAs(t, b, "values", value)
}

func storeAs[T any](t testing.TB, b *iohandler.Blob, asset string, value T) rivers.Ref {
	t.Helper()
	ref, err := b.HandleOutput(output[T](t, asset, ""), value)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func load[T any](ctx context.Context, b *iohandler.Blob, ref rivers.Ref) (T, error) {
	var v T
	err := b.LoadInput(&rivers.InputContext{
		Context: ctx, Logger: slog.New(slog.DiscardHandler), Upstream: "values", Ref: ref, Type: reflect.TypeFor[T](),
	}, &v)
	return v, err
}

func roundTrip[T any](t *testing.T, name, format string, value T, opts ...cmp.Option) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		b := open(t, "mem://")
		ref := store(t, b, value)
		if ref.Format != format {
			t.Errorf("stored as %s, want %s", ref.Format, format)
		}
		got, err := load[T](t.Context(), b, ref)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(value, got, opts...); diff != "" {
			t.Error(diff)
		}
	})
}

type inner struct {
	Code string
	At   time.Time
}

type everything struct {
	B    bool
	I    int
	I8   int8
	I16  int16
	I32  int32
	I64  int64
	U    uint
	U8   uint8
	U16  uint16
	U32  uint32
	U64  uint64
	F32  float32
	F64  float64
	S    string
	Raw  []byte
	At   time.Time
	For  time.Duration
	P    *int
	PS   *string
	PT   *time.Time
	List []string
	Nums []int64
	In   inner
	PIn  *inner
	Ins  []inner
	Name string    `parquet:"label"`
	Opt  time.Time `parquet:",optional"`
}

type named string

type withMap struct{ M map[string]int }

type self struct {
	V    int
	Next *self
}

type embedded struct {
	inner
	V int
}

type hidden struct {
	V     int
	cache int //nolint:unused // that it is not stored is the point
}

func TestRoundTrip(t *testing.T) {
	at := time.Date(2001, 2, 3, 4, 5, 6, 123456789, time.UTC)
	seven, word := 7, "word"
	full := everything{
		B: true, I: -1, I8: math.MinInt8, I16: math.MinInt16, I32: math.MinInt32, I64: math.MinInt64,
		U: math.MaxUint, U8: math.MaxUint8, U16: math.MaxUint16, U32: math.MaxUint32, U64: math.MaxUint64,
		F32: 1.5, F64: math.SmallestNonzeroFloat64, S: "héllo\x00", Raw: []byte{0, 255, 1}, At: at,
		For: 90 * time.Second, P: &seven, PS: &word, PT: &at,
		List: []string{"a", "", "b"}, Nums: []int64{1, -2, 3},
		In: inner{"in", at}, PIn: &inner{"pin", at}, Ins: []inner{{"1", at}, {"2", at.Add(time.Hour)}},
		Name: "named", Opt: at,
	}
	bare := everything{At: at, In: inner{At: at}}
	empty := cmpopts.EquateEmpty()
	roundTrip(t, "every kind of field", "parquet", []everything{full, bare, full}, empty)
	roundTrip(t, "no rows", "parquet", []everything{}, empty)
	roundTrip(t, "more rows than a batch", "parquet", make([]struct{ V int }, 1000))
	roundTrip(t, "floats that are no numbers", "parquet", []struct{ F float64 }{{math.NaN()}, {math.Inf(1)}}, cmpopts.EquateNaNs())
	type dated struct {
		Day  time.Time  `parquet:"day,date"`
		Some *time.Time `parquet:"some,date"`
		Fine time.Time  `parquet:",timestamp(microsecond)"`
	}
	day, old := at.Truncate(24*time.Hour), time.Date(1812, 1, 2, 0, 0, 0, 0, time.UTC)
	roundTrip(t, "dates", "parquet", []dated{{day, &old, time.Date(2222, 1, 1, 0, 0, 0, 1000, time.UTC)}, {old, nil, old}})
	roundTrip(t, "a time of day goes to JSON", "json", []struct {
		T time.Time `parquet:",time"`
	}{{at}})
	roundTrip(t, "unexported fields are no data", "parquet", []hidden{{V: 1}}, cmp.AllowUnexported(hidden{}))
	roundTrip(t, "a map in a row goes to JSON", "json", []withMap{{map[string]int{"a": 1}}})
	roundTrip(t, "a type that holds itself goes to JSON", "json", []self{{1, &self{2, nil}}})
	roundTrip(t, "an embedded private struct goes to JSON", "json", []embedded{{V: 1}},
		cmp.AllowUnexported(embedded{}), cmpopts.IgnoreFields(embedded{}, "inner"))
	roundTrip(t, "lists of lists go to JSON", "json", []struct{ L [][]int }{{[][]int{{1}, {2, 3}}}})
	roundTrip(t, "pointers to rows go to JSON", "json", []*inner{{"a", at}, nil})
	roundTrip(t, "a struct", "json", full, empty)
	roundTrip(t, "a number", "json", 42)
	roundTrip(t, "text", "json", named("<b>&"))
	roundTrip(t, "nil map", "json", map[string]int(nil))
	roundTrip(t, "bytes", "json", []byte{1, 2, 3})
}

func TestTimesThatDoNotFitAreRefused(t *testing.T) {
	b := open(t, "mem://")
	_, err := b.HandleOutput(output[[]inner](t, "values", ""), []inner{{Code: "zero time"}})
	if err == nil || !strings.Contains(err.Error(), "row 0: field At") {
		t.Fatalf("a zero time in a column would become another time: %v", err)
	}
}

func TestValueThatCannotBeStoredLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	b := open(t, "file://"+dir)
	if _, err := b.HandleOutput(output[float64](t, "values", ""), math.NaN()); err == nil {
		t.Fatal("JSON holds no NaN")
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestMissingAndDamagedValues(t *testing.T) {
	b := open(t, "mem://")
	ref := store(t, b, []inner{{"a", time.Unix(0, 0).UTC()}})
	t.Run("another size", func(t *testing.T) {
		torn := ref
		torn.Bytes++
		if _, err := load[[]inner](t.Context(), b, torn); err == nil || !strings.Contains(err.Error(), "were recorded") {
			t.Errorf("%v, want an error about the size", err)
		}
	})
	t.Run("unknown format", func(t *testing.T) {
		odd := ref
		odd.Format = "xls"
		if _, err := load[[]inner](t.Context(), b, odd); err == nil || !strings.Contains(err.Error(), `"xls"`) {
			t.Errorf("%v, want an error that names the format", err)
		}
	})
	t.Run("other type", func(t *testing.T) {
		if _, err := load[int](t.Context(), b, ref); err == nil {
			t.Error("rows were loaded as a number")
		}
	})
	t.Run("not the format it claims", func(t *testing.T) {
		number := store(t, b, 12345678)
		number.Format = "parquet"
		if _, err := load[[]inner](t.Context(), b, number); err == nil {
			t.Error("a JSON number was read as Parquet")
		}
	})
}

func TestCanceledWritePublishesNothing(t *testing.T) {
	dir := t.TempDir()
	b := open(t, "file://"+dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := output[int](t, "values", "")
	out.Context = ctx
	if _, err := b.HandleOutput(out, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want context.Canceled", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

// endsOnce is a context that ends as soon as over is true.
type endsOnce struct {
	context.Context
	over func() bool
}

func (c endsOnce) Err() error {
	if c.over() {
		return context.Canceled
	}
	return c.Context.Err()
}

func TestPointerStaysWhenTheAttemptIsOver(t *testing.T) {
	dir := t.TempDir()
	b := open(t, "file://"+dir)
	first := output[int](t, "values", "")
	if _, err := b.HandleOutput(first, 1); err != nil {
		t.Fatal(err)
	}
	late := output[int](t, "values", "")
	late.ValueID = "late"
	late.Context = endsOnce{t.Context(), func() bool {
		_, err := os.Stat(filepath.Join(dir, "values", "_", "late.json"))
		return err == nil
	}}
	if _, err := b.HandleOutput(late, 2); err != nil {
		t.Fatal(err)
	}
	latest, err := os.ReadFile(filepath.Join(dir, "values", "_", "latest"))
	if got := strings.TrimSpace(string(latest)); err != nil || got != first.ValueID+".json" {
		t.Errorf("latest is %q, %v; want %s.json, of the attempt that was still wanted", got, err, first.ValueID)
	}
}
