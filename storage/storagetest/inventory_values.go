package storagetest

import (
	"math"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
)

func rowValues() inventoryGroup {
	return inventoryGroup{"values", []inventoryCase{
		{name: "come back as they were", run: comeBack, slow: true},
		{name: "at the edges come back as they were", run: edgesComeBack},
		{name: "have one form", run: oneForm},
		{name: "are found by their form", run: foundByForm},
		{name: "are converted to and from the column's type", run: converted},
		{name: "that cannot be converted are refused by name", run: notConverted},
		{name: "that not every database has are refused by name", run: notStorable},
		{name: "are not null where null is not possible", run: notNull},
	}}
}

// sampleColumns are the columns of samples that have a type.
const sampleColumns = "flag count share text bytes at facts price uuid"

func micros(t time.Time) storage.Value { return storage.TimeValue(t) }

func comeBack(s *stock) {
	ids := 0
	rapid.Check(s.TB, func(rt *rapid.T) {
		var rows []row
		for range rapid.IntRange(1, 5).Draw(rt, "rows") {
			ids++
			rows = append(rows, append(of(ids), drawSample(rt)...))
		}
		tx := s.tx()
		defer func() { _ = tx.Close() }()
		s.inserts(samples, "id "+sampleColumns, rows...)(tx)
		q := storage.RowQuery{Table: samples, Columns: cols(sampleColumns)}
		for _, r := range rows {
			q.In = []storage.Scope{where("id", r[0])}
			got := s.find(tx, q)
			if len(got) != 1 || !slices.Equal(got[0], r[1:]) {
				rt.Fatalf("%v was stored, and came back as %v", r[1:], got)
			}
			q.In = []storage.Scope{where("id", r[0], "flag", r[1], "count", r[2], "share", r[3], "text", r[4], "bytes", r[5], "at", r[6], "price", r[8], "uuid", r[9])}
			if got := s.find(tx, q); len(got) != 1 {
				rt.Fatalf("%v was stored, and is not found by its values", r[1:])
			}
			missed, err := tx.Update(s.ctx, samples, q.Columns, slices.Values([]storage.RowChange{{ID: r[0], Old: r[1:], New: r[1:]}}))
			if err != nil || len(missed) > 0 {
				rt.Fatalf("%v was stored, and is not as its old values say: %v", r[1:], err)
			}
		}
	})
}

// drawSample draws a value a column of samples, in its form.
func drawSample(rt *rapid.T) row {
	text := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r != 0 }))
	orNull := func(name string, draw func() storage.Value) storage.Value {
		if rapid.IntRange(0, 4).Draw(rt, name+" is null") == 0 {
			return null
		}
		return draw()
	}
	year := func(y int) int64 { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() }
	as := func(v storage.Value, t storage.ColumnType) storage.Value {
		out, err := v.As(t)
		if err != nil {
			rt.Fatal(err)
		}
		return out
	}
	return row{
		orNull("flag", func() storage.Value { return storage.BoolValue(rapid.Bool().Draw(rt, "flag")) }),
		orNull("count", func() storage.Value { return storage.IntValue(rapid.Int64().Draw(rt, "count")) }),
		orNull("share", func() storage.Value {
			return storage.FloatValue(rapid.Float64().Filter(func(f float64) bool { return !math.IsNaN(f) }).Draw(rt, "share"))
		}),
		orNull("text", func() storage.Value { return storage.TextValue(text.Draw(rt, "text")) }),
		orNull("bytes", func() storage.Value { return storage.BytesValue(rapid.SliceOf(rapid.Byte()).Draw(rt, "bytes")) }),
		orNull("at", func() storage.Value {
			return micros(time.UnixMicro(rapid.Int64Range(year(1), year(10000)-1).Draw(rt, "at")))
		}),
		orNull("facts", func() storage.Value { return as(storage.TextValue(drawJSON(rt, 2)), storage.JSONType) }),
		orNull("price", func() storage.Value {
			return as(storage.TextValue(rapid.StringMatching(`-?[0-9]{1,7}(\.[0-9]{1,7})?`).Draw(rt, "price")), storage.NumericType)
		}),
		orNull("uuid", func() storage.Value {
			return as(storage.BytesValue(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "uuid")), storage.UUIDType)
		}),
	}
}

func drawJSON(rt *rapid.T, deep int) string {
	kinds := 4
	if deep > 0 {
		kinds = 6
	}
	text := rapid.StringMatching(`"[a-zA-Z<>& äß\\\\]{0,5}"`).Filter(func(s string) bool { return strings.Count(s, `\`)%2 == 0 && !strings.Contains(s, `\`) })
	switch rapid.IntRange(1, kinds).Draw(rt, "JSON") {
	case 1:
		return rapid.StringMatching(`-?[1-9][0-9]{0,6}(\.[0-9]{1,6})?([eE][+-]?[0-9])?`).Draw(rt, "number")
	case 2:
		return rapid.SampledFrom([]string{"true", "false", "null"}).Draw(rt, "word")
	case 3, 4:
		return text.Draw(rt, "text")
	case 5:
		return "[" + drawJSON(rt, deep-1) + ", " + drawJSON(rt, deep-1) + "]"
	default:
		return "{" + text.Draw(rt, "name") + ": " + drawJSON(rt, deep-1) + ", \"b\": " + drawJSON(rt, deep-1) + "}"
	}
}

func edgesComeBack(s *stock) {
	long := strings.Repeat("long ", 50_000)
	rows := []row{
		{storage.BoolValue(false), storage.IntValue(math.MinInt64), storage.FloatValue(math.Inf(1)), storage.TextValue(""), storage.BytesValue(nil), micros(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)), of("{}")[0], of("0")[0], of("00000000-0000-0000-0000-000000000000")[0]},
		{storage.BoolValue(true), storage.IntValue(math.MaxInt64), storage.FloatValue(math.Inf(-1)), of(long)[0], storage.BytesValue([]byte("\x00\xff\x00")), micros(time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)), of("[]")[0], of("-12345678901.25")[0], of("ffffffff-ffff-ffff-ffff-ffffffffffff")[0]},
		{null, storage.IntValue(1<<53 + 1), storage.FloatValue(math.MaxFloat64), of("007")[0], storage.BytesValue([]byte(long)), micros(time.UnixMicro(-1)), of(`"a text"`)[0], of("0.000001")[0], null},
		{null, storage.IntValue(0), storage.FloatValue(math.SmallestNonzeroFloat64), of("1e3")[0], null, micros(time.UnixMicro(1)), of("0.1")[0], of("123456789012345")[0], null},
		{null, null, storage.FloatValue(math.Copysign(0, -1)), of(" '\"\\%_\t\n\u2028")[0], null, null, of("null")[0], of("-7")[0], null},
	}
	s.save(s.inserts(samples, sampleColumns, rows...))
	v := s.view(s.Inventory)
	for _, r := range rows {
		q := storage.RowQuery{Table: samples, Columns: cols(sampleColumns), In: []storage.Scope{where("text", r[3])}}
		got := s.find(v, q)
		if len(got) != 1 || !slices.Equal(got[0], r) {
			s.Errorf("%.300v was stored, and came back as %.300v", r, got)
		}
	}
}

func oneForm(s *stock) {
	s.save(s.inserts(samples, "id at facts price uuid",
		of(1, micros(time.Date(2000, 1, 1, 12, 0, 0, 1999, time.FixedZone("", 3600))), ` { "b" : 1.50, "a":[1e2 ,"<&>"] } `, "007.500", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"),
		of(2, "2000-01-01T12:00:00+01:00", `"\u00e4"`, "-0", "a0eebc999c0b4ef8bb6d6bb9bd380a11"),
		of(3, nil, "-0.0", "1e3", nil),
	))
	s.there("what has several forms", nil, samples, "id at facts price uuid",
		of(1, micros(time.Date(2000, 1, 1, 11, 0, 0, 1000, time.UTC)), `{"a":[100,"<&>"],"b":1.5}`, "7.5", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
		of(2, micros(time.Date(2000, 1, 1, 11, 0, 0, 0, time.UTC)), `"ä"`, "0", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
		of(3, nil, "0", "1000", nil))
}

func foundByForm(s *stock) {
	s.save(s.inserts(samples, "id price uuid", of(1, "7.5", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")))
	s.found("a row, by a value in another form", nil, storage.RowQuery{
		Table: samples, Columns: cols("id"), In: []storage.Scope{where("price", "7.50")},
		Among: amongOf("uuid", of("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"), of("a0eebc999c0b4ef8bb6d6bb9bd380a11")),
	}, of(1))
	s.save(s.updates(samples, "facts", storage.RowChange{ID: of(1)[0], New: of(`{"b":1,"a":2}`)}))
	s.save(s.updates(samples, "facts", storage.RowChange{ID: of(1)[0], Old: of(`{"a": 2.0, "b": 1}`), New: of(`[]`)}))
	s.save(s.deletes(samples, "uuid", of("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")))
	s.there("what is left", nil, samples, "id")
}

func converted(s *stock) {
	when := time.Date(2000, 1, 1, 12, 0, 0, 5000, time.UTC)
	in := []storage.Column{
		{Name: "count", Type: storage.TimeType}, {Name: "text", Type: storage.UUIDType}, {Name: "price", Type: storage.IntType}, {Name: "bytes", Type: storage.TextType},
	}
	s.save(func(tx storage.InventoryTx) {
		s.is("insert", tx.Insert(s.ctx, samples, in, given(of(micros(when), "A0EEBC999C0B4EF8BB6D6BB9BD380A11", 7, "text"))), nil)
	})
	want := of(micros(when), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", 7, "text")
	s.found("values of other types", nil, storage.RowQuery{Table: samples, Columns: in}, want)
	own := slices.Clone(in)
	for i := range own {
		own[i].Type = storage.AnyType
	}
	stored := of(int(when.UnixMicro()), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "7", storage.BytesValue([]byte("text")))
	s.found("the values that the columns have", nil, storage.RowQuery{Table: samples, Columns: own}, stored)
	s.found("the row, among tuples of other types", nil, storage.RowQuery{
		Table: samples, Columns: in, Among: &storage.Among{Columns: in, Tuples: []row{want}},
	}, want)
}

func notConverted(s *stock) {
	for name, v := range map[string]storage.Value{
		"flag": of("perhaps")[0], "count": storage.FloatValue(1.5), "share": of("half")[0], "text": storage.BytesValue([]byte{0xff}),
		"bytes": of(1)[0], "at": of("noon")[0], "facts": of("{1}")[0], "price": of("cheap")[0], "uuid": of("none")[0],
	} {
		words := []string{samples, name, v.String()}
		tx := s.tx()
		s.fails("an insertion", tx.Insert(s.ctx, samples, cols(name), given(row{v})), storage.ErrInvalid, words...)
		s.is("close", tx.Close(), nil)
		tx = s.tx()
		s.inserts(samples, "id", of(1))(tx)
		_, err := tx.Update(s.ctx, samples, cols(name), slices.Values([]storage.RowChange{{ID: of(1)[0], New: row{v}}}))
		s.fails("an update", err, storage.ErrInvalid, words...)
		s.is("close", tx.Close(), nil)
		tx = s.tx()
		err = endsWith(tx.Rows(s.ctx, storage.RowQuery{Table: samples, Columns: cols("id"), In: []storage.Scope{where(name, v)}}))
		s.fails("a condition", err, storage.ErrInvalid, words...)
		s.is("close", tx.Close(), nil)
	}
	s.save(s.inserts(samples, "id text", of(1, "noon")))
	v := s.view(s.Inventory)
	err := endsWith(v.Rows(s.ctx, storage.RowQuery{Table: samples, Columns: []storage.Column{{Name: "text", Type: storage.TimeType}}}))
	s.fails("reading", err, storage.ErrInvalid, samples, "text", "noon")
}

func notStorable(s *stock) {
	for what, c := range map[string]struct {
		column string
		value  storage.Value
	}{
		"a text with a zero byte":        {"text", of("a\x00b")[0]},
		"a text that is not UTF-8":       {"text", of("a\xffb")[0]},
		"JSON with a zero character":     {"facts", of(`{"a":"\u0000"}`)[0]},
		"a float that is not a number":   {"share", storage.FloatValue(math.NaN())},
		"a time before the first year":   {"at", micros(time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC))},
		"a time after the year 9999":     {"at", micros(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))},
		"a decimal with too many digits": {"price", of("1e1000000")[0]},
	} {
		tx := s.tx()
		s.fails(what, tx.Insert(s.ctx, samples, cols(c.column), given(row{c.value})), storage.ErrInvalid, samples, c.column)
		s.is("close", tx.Close(), nil)
	}
}

func notNull(s *stock) {
	tx := s.tx()
	s.fails("null in an insertion", tx.Insert(s.ctx, sites, cols("id ref"), given(of(1, nil))), storage.ErrInvalid, sites, "ref", "null")
	s.is("close", tx.Close(), nil)
	tx = s.tx()
	s.fails("an insertion without the column", tx.Insert(s.ctx, sites, cols("id"), given(of(1))), storage.ErrInvalid, sites, "ref")
	s.is("close", tx.Close(), nil)
	s.estate()
	tx = s.tx()
	_, err := tx.Update(s.ctx, sites, cols("ref"), slices.Values([]storage.RowChange{{ID: of(1)[0], New: of(nil)}}))
	s.fails("null in an update", err, storage.ErrInvalid, sites, "ref", "null")
}
