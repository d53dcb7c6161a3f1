package inventorytest

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// RunBadInput tests what becomes of what a parser should not say: what no database can have is refused, and named; the rest
// is saved. What only the database refuses is an error that names the collection and what is wrong.
func RunBadInput(t *testing.T, open Opener) {
	t.Helper()
	for name, bad := range badValues() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad.run(t, open)
		})
	}
	t.Run("long texts and keys", func(t *testing.T) {
		t.Parallel()
		longTexts(t, open)
	})
	t.Run("references to nowhere", func(t *testing.T) {
		t.Parallel()
		toNowhere(t, open)
	})
	t.Run("one key twice", func(t *testing.T) {
		t.Parallel()
		keyTwice(t, open)
	})
	t.Run("what has to be unique twice", func(t *testing.T) {
		t.Parallel()
		uniqueTwice(t, open)
	})
}

type (
	// A record has a column of each type.
	record struct {
		Ref   string         `reeve:"ref,key"`
		Text  string         `reeve:"text"`
		Name  *string        `reeve:"name"`
		Many  uint64         `reeve:"many"`
		Share float64        `reeve:"share"`
		At    time.Time      `reeve:"at"`
		More  map[string]any `reeve:"more,json"`
	}
	// A pointing points at records in every way.
	pointing struct {
		Ref    string              `reeve:"ref,key"`
		To     refresh.Ref[record] `reeve:"to_id"`
		Stub   refresh.Ref[record] `reeve:"stub_id,stub"`
		Lookup refresh.Ref[record] `reeve:"lookup_id,lookup"`
	}
	archives struct {
		Rows     *refresh.Collection[record]
		Pointers *refresh.Collection[pointing]
	}
)

var archiveTables = []string{"rows", "pointers"}

// newArchives returns a persister on tables of its own.
func newArchives(t *testing.T, open Opener, d refresh.Duplicates) (storage.Inventory, *refresh.Persister[*archives]) {
	t.Helper()
	rows := columns("id", "manager ref text name", "many")
	for name, typ := range map[string]storage.ColumnType{"share": storage.FloatType, "at": storage.TimeType, "more": storage.JSONType} {
		rows = append(rows, storage.Column{Name: name, Type: typ, Null: true})
	}
	own := []string{"manager", "ref"}
	in := open(t, []storage.Table{
		{Name: "rows", ID: "id", Unique: [][]string{own, {"name"}}, Columns: rows},
		{
			Name: "pointers", ID: "id", Unique: [][]string{own}, Columns: columns("id", "manager ref", "to_id stub_id lookup_id"),
			References: map[string]string{"to_id": "rows", "stub_id": "rows", "lookup_id": "rows"},
		},
	})
	p, err := refresh.NewPersister(func(b *refresh.Builder) *archives {
		return &archives{refresh.Add[record](b, "rows", &refresh.CollectionOptions{Duplicates: d}), refresh.Add[pointing](b, "pointers", nil)}
	}, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return in, p
}

// saveArchives saves what parse brings.
func saveArchives(t *testing.T, p *refresh.Persister[*archives], parse func(*archives)) (*refresh.Plan, error) {
	t.Helper()
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	parse(r.Inventory)
	plan, err := r.Save(t.Context(), 0)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return plan, err
}

func dumpArchives(t *testing.T, in storage.Inventory) refreshtest.Tables {
	t.Helper()
	out, err := refreshtest.Dump(t.Context(), in, archiveTables, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var someDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A badValue is a row that cannot be written, the key by which it is told, and what is said of it.
type badValue struct {
	row  record
	key  string
	says []string
}

func badValues() map[string]badValue {
	return map[string]badValue{
		"a zero byte":            {record{Ref: "bad", At: someDay, Text: "a\x00b"}, `ref="bad"`, []string{`"text"`, `zero byte`}},
		"a zero byte in a key":   {record{Ref: "b\x00ad", At: someDay}, "ref=", []string{`"ref"`, `zero byte`}},
		"bytes that are no text": {record{Ref: "bad", At: someDay, Text: "a\xff"}, `ref="bad"`, []string{`"text"`, `UTF-8`}},
		"no number":              {record{Ref: "bad", At: someDay, Share: math.NaN()}, `ref="bad"`, []string{`"share"`}},
		"too great a number":     {record{Ref: "bad", At: someDay, Many: math.MaxUint64}, `ref="bad"`, []string{`"many"`, "18446744073709551615"}},
		"a year too late":        {record{Ref: "bad", At: someDay.AddDate(9000, 0, 0)}, `ref="bad"`, []string{`"at"`}},
		"a zero byte in JSON":    {record{Ref: "bad", At: someDay, More: map[string]any{"a": "\x00"}}, `ref="bad"`, []string{`"more"`}},
		"what is no JSON":        {record{Ref: "bad", At: someDay, More: map[string]any{"a": make(chan int)}}, `ref="bad"`, []string{`"more"`}},
		"no key":                 {record{Text: "bad", At: someDay}, `ref=""`, []string{`"ref"`, "empty"}},
	}
}

// run demands that the row is refused alone, and that its collection, its key and the column are named.
func (bad badValue) run(t *testing.T, open Opener) {
	t.Helper()
	in, p := newArchives(t, open, refresh.RefuseDuplicates)
	plan, err := saveArchives(t, p, func(a *archives) {
		a.Rows.Build(record{Ref: "good", Text: "good", At: someDay})
		if ref := a.Rows.Build(bad.row); !ref.IsNull() {
			t.Error("the row is refused, and there is a reference to it")
		}
		a.Pointers.Complete()
	})
	if err != nil {
		t.Fatalf("one bad row keeps all of them out: %v", err)
	}
	if len(plan.Refused()) != 1 {
		t.Fatalf("refused are %v; want one row", plan.Refused())
	}
	is := plan.Refused()[0]
	if is.Collection != "rows" || !strings.HasPrefix(is.Key, bad.key) {
		t.Errorf("what is refused is row %q of collection %q; want %q of \"rows\"", is.Key, is.Collection, bad.key)
	}
	for _, word := range bad.says {
		if !strings.Contains(is.Reason, word) {
			t.Errorf("the reason is %q; it should say %s", is.Reason, word)
		}
	}
	if keys := slices.Collect(maps.Keys(dumpArchives(t, in)["rows"])); !slices.Equal(keys, []string{`manager="one" ref="good"`}) {
		t.Errorf("the rows are %q; only the good one should be there", keys)
	}
}

// longTexts: a long text is no trouble of a refresh; the database says what is too long.
func longTexts(t *testing.T, open Opener) {
	t.Helper()
	in, p := newArchives(t, open, refresh.RefuseDuplicates)
	long := strings.Repeat("long ", 1<<18)
	for again := range 2 {
		plan, err := saveArchives(t, p, func(a *archives) {
			a.Rows.Build(record{Ref: "a", Text: long, At: someDay})
			a.Pointers.Build(pointing{Ref: long, To: a.Rows.Build(record{Ref: long, At: someDay})})
		})
		if err != nil || len(plan.Refused()) > 0 {
			t.Fatalf("refused are %d rows, and the error is %v", len(plan.Refused()), err)
		}
		if again > 0 && !plan.Empty() {
			t.Error("what is as it should be is written again")
		}
	}
	got := dumpArchives(t, in)
	if n := len(got["rows"][`manager="one" ref="a"`]["text"]); n != len(long)+2 {
		t.Errorf("the text has %d bytes; want %d and its quotes", n, len(long))
	}
	if n := len(got["pointers"][`manager="one" ref="`+long+`"`]["to_id"]); n < len(long) {
		t.Errorf("what points at a row with a long key points at one with %d bytes", n)
	}
}

// toNowhere: a reference to a row that no database can have is one to nowhere, in every way.
func toNowhere(t *testing.T, open Opener) {
	t.Helper()
	in, p := newArchives(t, open, refresh.RefuseDuplicates)
	plan, err := saveArchives(t, p, func(a *archives) {
		for i, key := range []string{"a\x00", "a\xff"} {
			to := a.Rows.LazyFind(key)
			a.Pointers.Build(pointing{string(rune('a' + i)), to, a.Rows.LazyFindLike(record{Ref: key}), to})
		}
		a.Rows.Complete()
	})
	if err != nil {
		t.Fatalf("a bad reference keeps all rows out: %v", err)
	}
	told := map[string]int{}
	for _, u := range plan.Unresolved() {
		told[u.Collection+"."+u.Column]++
	}
	if d := cmp.Diff(map[string]int{"pointers.to_id": 2, "pointers.stub_id": 2, "pointers.lookup_id": 2}, told); d != "" {
		t.Errorf("the references that are reported (- want, + got):\n%s", d)
	}
	if got := dumpArchives(t, in); len(got["rows"]) != 0 || len(got["pointers"]) != 2 {
		t.Errorf("the database has %v; want two rows that point at none", got)
	}
}

// keyTwice: two rows with one key and other data are an error that says which, or a report.
func keyTwice(t *testing.T, open Opener) {
	t.Helper()
	parse := func(a *archives) {
		a.Rows.Build(record{Ref: "a", Text: "first", At: someDay})
		a.Rows.Build(record{Ref: "a", Text: "second", At: someDay})
		a.Pointers.Complete()
	}
	in, p := newArchives(t, open, refresh.RefuseDuplicates)
	_, err := saveArchives(t, p, parse)
	saysAll(t, err, "refresh: ", `collection "rows"`, `ref="a"`, `"text"`)
	if got := dumpArchives(t, in); len(got["rows"]) > 0 {
		t.Errorf("nothing was to be saved, and there is %v", got)
	}
	_, p = newArchives(t, open, refresh.LastWins)
	plan, err := saveArchives(t, p, parse)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]refresh.Duplicate{{Collection: "rows", Key: `ref="a"`, Columns: []string{"text"}}}, plan.Duplicates()); d != "" {
		t.Error(d)
	}
}

// uniqueTwice: what the database refuses is an error that names the collection, the manager and the columns, and nothing is
// saved.
func uniqueTwice(t *testing.T, open Opener) {
	t.Helper()
	in, p := newArchives(t, open, refresh.RefuseDuplicates)
	plan, err := saveArchives(t, p, func(a *archives) {
		name := "same"
		a.Rows.Build(record{Ref: "a", Name: &name, At: someDay})
		a.Rows.Build(record{Ref: "b", Name: &name, At: someDay})
		a.Pointers.Complete()
	})
	saysAll(t, err, "refresh: ", `rows of collection "rows"`, `manager "one"`, "name")
	if !errors.Is(err, storage.ErrConflict) {
		t.Errorf("the error is %v; want storage.ErrConflict", err)
	}
	if plan == nil {
		t.Error("the plan that could not be saved is not there to look at")
	}
	if got := dumpArchives(t, in); len(got["rows"]) > 0 {
		t.Errorf("nothing was to be saved, and there is %v", got)
	}
}

// saysAll demands an error that has all of the words.
func saysAll(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("there is no error; one that says %q is right", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}
