package refresh_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/refresh"
)

type (
	versioned struct {
		Ref    string `reeve:"ref,key"`
		Name   string `reeve:"name"`
		Load   int    `reeve:"load"`
		Number *int64 `reeve:"number,version"`
		LoadAt *int64 `reeve:"load_at,version=load"`
	}
	reader struct {
		Ref  string                `reeve:"ref,key"`
		Name refresh.Value[string] `reeve:"name"`
	}
	versions struct {
		Readers *refresh.Collection[reader]
		Rows    *refresh.Collection[versioned]
	}
)

func newVersions(t *testing.T) *rig[*versions] {
	t.Helper()
	return newRig(t, func(b *refresh.Builder) *versions {
		return &versions{refresh.Add[reader](b, "readers", nil), refresh.Add[versioned](b, "rows", &refresh.CollectionOptions{Archive: "archived"})}
	}, tableOf("readers", "manager*", "ref*", "name"), tableOf("rows", "manager*", "ref*", "name", "load:int", "number:int", "load_at:int", "archived:time"))
}

func TestVersion(t *testing.T) {
	t.Parallel()
	r := newVersions(t)
	say := func(name string, load int, number, loadAt *int64) *refresh.Plan {
		return r.save(func(in *versions) {
			in.Rows.Build(versioned{"a", name, load, number, loadAt})
			in.Readers.Build(reader{"r", refresh.From(in.Rows.LazyFind("a"), func(v *versioned) *string { return &v.Name }, "")})
		})
	}
	for _, step := range []struct {
		name           string
		load           int
		number, loadAt *int64
		want           string
		stale          int
	}{
		{"first", 1, new(int64(5)), new(int64(5)), `name="first", number=5`, 0},
		{"older", 2, new(int64(4)), new(int64(9)), `name="first", number=5`, 1},
		{"equal", 1, new(int64(5)), new(int64(5)), `name="equal", number=5`, 0},
		{"newer", 1, new(int64(6)), new(int64(5)), `name="newer", number=6`, 0},
		{"unknown", 1, nil, new(int64(5)), `name="unknown"`, 0},
	} {
		plan := say(step.name, step.load, step.number, step.loadAt)
		r.holds("rows", `ref="a", load=1, load_at=5, `+step.want)
		name, _, _ := strings.Cut(step.want, ",")
		r.holds("readers", `ref="r", `+name) // what is not written is not lent
		if n := countedIn(t, plan, "rows"); n.Stale != step.stale {
			t.Errorf("%s: the plan counts %s; %d stale is right", step.name, n, step.stale)
		}
	}
}

func TestVersion_ofColumn(t *testing.T) {
	t.Parallel()
	r := newVersions(t)
	for _, step := range []struct {
		name         string
		load         int
		loadAt       *int64
		want, counts string
	}{
		{"a", 10, new(int64(10)), `load=10, load_at=10, name="a"`, "rows: 1 created"},
		{"b", 9, new(int64(9)), `load=10, load_at=10, name="b"`, "rows: 1 updated, 1 stale"},
		{"b", 8, new(int64(8)), `load=10, load_at=10, name="b"`, "rows: 1 unchanged, 1 stale"},
		{"b", 11, new(int64(10)), `load=11, load_at=10, name="b"`, "rows: 1 updated"},
		{"b", 12, new(int64(12)), `load=12, load_at=12, name="b"`, "rows: 1 updated"},
	} {
		plan := r.save(func(in *versions) { in.Rows.Build(versioned{"a", step.name, step.load, nil, step.loadAt}) })
		says(t, plan, step.counts)
		r.holds("rows", `ref="a", `+step.want)
	}
}

// What is older does not bring back what was archived.
func TestVersion_archived(t *testing.T) {
	t.Parallel()
	r := newVersions(t)
	r.save(func(in *versions) { in.Rows.Build(versioned{Ref: "a", Number: new(int64(2))}) })
	says(t, r.once(func(in *versions) { in.Rows.Complete() }), "rows: 1 archived")
	says(t, r.save(func(in *versions) { in.Rows.Build(versioned{Ref: "a", Number: new(int64(1))}) }), "rows: 1 stale")
	says(t, r.save(func(in *versions) { in.Rows.Build(versioned{Ref: "a", Number: new(int64(2))}) }), "rows: 1 updated, 1 revived")
}

func TestIfEmptyAndReadOnly(t *testing.T) {
	t.Parallel()
	type row struct {
		Ref   string  `reeve:"ref,key"`
		Found *string `reeve:"found,ifempty"`
		Own   *string `reeve:"own,readonly,index=by_own"`
	}
	type pointer struct {
		Ref string           `reeve:"ref,key"`
		To  refresh.Ref[row] `reeve:"to_id"`
	}
	type rows struct {
		Rows     *refresh.Collection[row]
		Pointers *refresh.Collection[pointer]
	}
	r := newRig(t, func(b *refresh.Builder) *rows {
		return &rows{refresh.Add[row](b, "rows", nil), refresh.Add[pointer](b, "pointers", nil)}
	}, tableOf("rows", "manager*", "ref*", "found", "own"), tableOf("pointers", "manager*", "ref*", "to_id→rows"))
	one, two, none := "one", "two", ""
	r.save(func(in *rows) { in.Rows.Build(row{"a", nil, &one}) })
	r.holds("rows", `ref="a"`)
	r.save(func(in *rows) { in.Rows.Build(row{"a", &none, nil}) })
	r.save(func(in *rows) { in.Rows.Build(row{"a", &one, &one}) })
	r.save(func(in *rows) { in.Rows.Build(row{"a", &two, &two}) })
	r.save(func(in *rows) {
		in.Rows.Build(row{"a", nil, &two}) // it is not written, and it is found by it
		in.Pointers.Build(pointer{"p", in.Rows.LazyFindBy("by_own", row{Own: &two})})
	})
	r.holds("rows", `ref="a", found="one"`)
	r.holds("pointers", `ref="p", to_id=(ref="a")`)
}

func TestVersion_tags(t *testing.T) {
	t.Parallel()
	refused := func(declare func(*refresh.Builder), words ...string) {
		t.Helper()
		_, err := refresh.NewPersister(func(b *refresh.Builder) struct{} { declare(b); return struct{}{} }, newVersions(t).in, nil)
		for _, words := range words {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("the error is %v; it must say %s", err, words)
			}
		}
	}
	refused(func(b *refresh.Builder) {
		refresh.Add[struct {
			Ref string `reeve:"ref,key"`
			A   string `reeve:"a,version"`
		}](b, "rows", nil)
	}, `column "a" is a text; a version is an integer, a float or a time`)
	refused(func(b *refresh.Builder) {
		refresh.Add[struct {
			Ref string `reeve:"ref,key"`
			A   int    `reeve:"a,version"`
			B   int    `reeve:"b,version"`
			C   int    `reeve:"c,version=ref"`
			D   int    `reeve:"d,version=nothing"`
		}](b, "rows", nil)
	}, `columns "a" and "b" are both the version of the row`, `column "c" is the version of "ref"`, `column "d" is the version of "nothing"`)
}

type (
	dated struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name,index=by_name"`
		At   int64  `reeve:"at,version"`
	}
	pointer struct {
		Ref string             `reeve:"ref,key"`
		To  refresh.Ref[dated] `reeve:"to_id"`
	}
)

// A row whose newer version stays is found by what the database has.
func TestVersion_findsWhatStays(t *testing.T) {
	t.Parallel()
	type both struct {
		Dated    *refresh.Collection[dated]
		Pointers *refresh.Collection[pointer]
	}
	r := newRig(t, func(b *refresh.Builder) both {
		return both{refresh.Add[dated](b, "dated", nil), refresh.Add[pointer](b, "pointers", nil)}
	}, tableOf("dated", "manager*", "ref*", "name", "at:int"), tableOf("pointers", "manager*", "ref*", "to_id→dated"))
	r.save(func(in both) { in.Dated.Build(dated{"a", "new", 2}) })
	r.save(func(in both) {
		in.Dated.Build(dated{"a", "old", 1})
		for _, name := range []string{"new", "old"} {
			in.Pointers.Build(pointer{name, in.Dated.LazyFindBy("by_name", dated{Name: name})})
		}
	})
	r.holds("dated", `ref="a", at=2, name="new"`)
	r.holds("pointers", `ref="new", to_id=(ref="a")`, `ref="old"`)
}

// olderStays tests versions of a type: what is older is not written, and what the database has no version of is.
func olderStays[V any](t *testing.T, typ string, older, newer V) {
	t.Helper()
	type row struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name"`
		At   *V     `reeve:"at,version"`
	}
	type rows = *refresh.Collection[row]
	r := newRig(t, func(b *refresh.Builder) rows { return refresh.Add[row](b, "rows", nil) }, tableOf("rows", "manager*", "ref*", "name", "at:"+typ))
	for _, step := range []struct {
		name    string
		at      *V
		stale   int
		updates int
	}{{"unknown", nil, 0, 0}, {"older", &older, 0, 1}, {"newer", &newer, 0, 1}, {"late", &older, 1, 0}} {
		plan := r.once(func(c rows) { c.Build(row{"a", step.name, step.at}) })
		if n := countedIn(t, plan, "rows"); n.Stale != step.stale || n.Updates != step.updates {
			t.Errorf("%s: what is %s does this: %s", typ, step.name, n)
		}
	}
}

func TestVersion_ofEachType(t *testing.T) {
	t.Parallel()
	olderStays(t, "int", -2, -1)
	olderStays(t, "float", -0.5, -0.25)
	day := time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)
	olderStays(t, "time", day, day.Add(time.Microsecond))
}
