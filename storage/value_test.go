package storage_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
)

func TestValueAs(t *testing.T) {
	t.Parallel()
	var (
		null = storage.Value{}
		text = storage.TextValue
		n    = storage.IntValue
		f    = storage.FloatValue
		raw  = func(s string) storage.Value { return storage.BytesValue([]byte(s)) }
		at   = storage.TimeValue(time.Date(2000, 1, 1, 0, 0, 0, 5000, time.UTC))
		id   = text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
	)
	for _, c := range []struct {
		v    storage.Value
		as   storage.ColumnType
		want storage.Value // null: an error
	}{
		{n(1), storage.BoolType, storage.BoolValue(true)},
		{n(2), storage.BoolType, null},
		{text("false"), storage.BoolType, storage.BoolValue(false)},
		{f(7), storage.IntType, n(7)},
		{f(7.5), storage.IntType, null},
		{f(1 << 63), storage.IntType, null},
		{f(-1 << 63), storage.IntType, n(math.MinInt64)},
		{f(math.NaN()), storage.IntType, null},
		{text("9223372036854775808"), storage.IntType, null},
		{at, storage.IntType, n(946684800000005)},
		{n(1 << 53), storage.FloatType, f(1 << 53)},
		{n(1<<53 + 1), storage.FloatType, null},
		{n(math.MaxInt64), storage.FloatType, null},
		{raw("a"), storage.TextType, text("a")},
		{raw("\xff"), storage.TextType, null},
		{at, storage.TextType, text("2000-01-01T00:00:00.000005Z")},
		{text("a"), storage.BytesType, raw("a")},
		{n(1), storage.BytesType, null},
		{n(946684800000005), storage.TimeType, at},
		{text("2000-01-01 01:00:00.000005 +0100 CET m=+0.5"), storage.TimeType, at},
		{text("2000-01-01 00:00:00.000005"), storage.TimeType, at},
		{text("2000-13-01"), storage.TimeType, null},
		{raw("2000-01-01"), storage.TimeType, null},
		{text(`[1] 2`), storage.JSONType, null},
		{text(``), storage.JSONType, null},
		{text(`{"a":1,"a":2.0}`), storage.JSONType, text(`{"a":2}`)},
		{text(`1e9999`), storage.JSONType, null},
		{text(`{"\u0000":1}`), storage.JSONType, null},
		{raw(` "<" `), storage.JSONType, text(`"<"`)},
		{at, storage.JSONType, null},
		{text("+.50e2"), storage.NumericType, text("50")},
		{text("-0.000"), storage.NumericType, text("0")},
		{text("-00120.0340"), storage.NumericType, text("-120.034")},
		{text("1e-3"), storage.NumericType, text("0.001")},
		{text("1e1001"), storage.NumericType, null},
		{text("."), storage.NumericType, null},
		{text("--1"), storage.NumericType, null},
		{text("1e"), storage.NumericType, null},
		{f(0.1), storage.NumericType, text("0.1")},
		{f(math.Inf(1)), storage.NumericType, null},
		{text("A0EEBC999C0B4EF8BB6D6BB9BD380A11"), storage.UUIDType, id},
		{text("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"), storage.UUIDType, id},
		{raw("\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11"), storage.UUIDType, id},
		{text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1-"), storage.UUIDType, null},
		{text("a0eebc9-99c0b-4ef8-bb6d-6bb9bd380a11"), storage.UUIDType, null},
		{n(1), storage.UUIDType, null},
	} {
		got, err := c.v.As(c.as)
		if got != c.want || (err != nil) != c.want.IsNull() {
			t.Errorf("%v as %v is %v, %v; want %v", c.v, c.as, got, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), "is not "+c.as.String()) {
			t.Errorf("%q does not say that it is not %v", err, c.as)
		}
	}
}

// What has the form of a type has it for good, and is what it was.
func TestValueAsIsDoneOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typ := storage.ColumnType(rapid.IntRange(int(storage.AnyType), int(storage.UUIDType)).Draw(t, "type"))
		v := rapid.OneOf(
			rapid.Map(rapid.Int64(), storage.IntValue), rapid.Map(rapid.Float64(), storage.FloatValue), rapid.Map(rapid.String(), storage.TextValue),
			rapid.Map(rapid.Bool(), storage.BoolValue), rapid.Map(rapid.SliceOf(rapid.Byte()), storage.BytesValue),
			rapid.Map(rapid.StringMatching(`[+-]?[0-9]{1,30}(\.[0-9]{1,5})?(e[0-9])?`), storage.TextValue),
		).Draw(t, "value")
		once, err := v.As(typ)
		if err != nil {
			return
		}
		if twice, err := once.As(typ); twice != once || err != nil {
			t.Fatalf("%v as %v is %v, and that again %v, %v", v, typ, once, twice, err)
		}
		if back, err := once.As(storage.FloatType); v.Kind() == storage.FloatKind && err == nil && typ != storage.TimeType && back != v {
			t.Fatalf("%v as %v is %v, and that is the float %v", v, typ, once, back)
		}
	})
}
