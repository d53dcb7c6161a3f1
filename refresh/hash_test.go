package refresh_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

type (
	stand struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name"`
	}
	patron struct {
		Ref string `reeve:"ref,key"`
	}
	book struct {
		Ref    string             `reeve:"ref,key"`
		Title  *string            `reeve:"title,index=by_title"`
		Note   string             `reeve:"note,ifempty"`
		Mark   string             `reeve:"mark,readonly"`
		Words  []string           `reeve:"words,json"`
		Stand  refresh.Ref[stand] `reeve:"stand_id"`
		Second refresh.Ref[stand] `reeve:"second_id"`
		Holder refresh.AnyRef     `reeve:"holder_id,to=stands|patrons,type=holder_type"`
	}
	library struct {
		Stands  *refresh.Collection[stand]
		Patrons *refresh.Collection[patron]
		Books   *refresh.Collection[book]
	}
)

func declareLibrary(b *refresh.Builder) *library {
	return &library{
		refresh.Add[stand](b, "stands", nil), refresh.Add[patron](b, "patrons", nil),
		refresh.Add[book](b, "books", &refresh.CollectionOptions{Hash: "hash", Archive: "archived", Reconnect: []string{"by_title"}}),
	}
}

func newLibrary(t testing.TB) *hashRig[*library] {
	t.Helper()
	return newHashRig(t, "books", declareLibrary, tableOf("stands", "manager*", "ref*", "name"), tableOf("patrons", "manager*", "ref*"),
		tableOf("books", "manager*", "ref*", "title", "note", "mark", "words", "stand_id→stands", "second_id→stands", "holder_id:int", "holder_type", "archived:time", "hash:int"))
}

// A hashRig counts which rows of a table are read as a whole, and which not.
type hashRig[P any] struct {
	*rig[P]

	wholes, heads *int
}

func newHashRig[P any](t testing.TB, table string, declare func(*refresh.Builder) P, tables ...storage.Table) *hashRig[P] {
	t.Helper()
	r := &hashRig[P]{newRig(t, declare, tables...), new(int), new(int)}
	r.declare(table, declare)
	return r
}

// declare declares the collections otherwise.
func (r *hashRig[P]) declare(table string, declare func(*refresh.Builder) P) {
	r.Helper()
	counting := altertest.New(r.in, altertest.Alter{Row: func(q storage.RowQuery, _ []storage.Value) {
		switch {
		case q.Table != table || !slices.ContainsFunc(q.Columns, func(c storage.Column) bool { return c.Name == "hash" }):
		case slices.ContainsFunc(q.Columns, func(c storage.Column) bool { return c.Name == "title" }):
			*r.wholes++
		default:
			*r.heads++
		}
	}})
	var err error
	r.persister, err = refresh.NewPersister(declare, counting, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	target(r, err)
}

// reads demands that a refresh reads so many rows no further than their hashes, and so many as a whole.
func (r *hashRig[P]) reads(what string, heads, wholes int, parse func(P)) *refresh.Plan {
	r.Helper()
	*r.heads, *r.wholes = 0, 0
	plan := r.once(parse)
	if *r.heads != heads || *r.wholes != wholes {
		r.Errorf("%s: %d hashes and %d rows are read; %d and %d are right", what, *r.heads, *r.wholes, heads, wholes)
	}
	return plan
}

// hashes returns those of a table's rows, by key.
func (r *hashRig[P]) hashes(table string) map[string]string {
	out := map[string]string{}
	for key, row := range r.dump()[table] {
		_, ref, _ := strings.Cut(key, "ref=")
		out[ref] = row["hash"]
	}
	return out
}

// host updates a column as another program does.
func (r *hashRig[P]) host(table, column string, id int64, v storage.Value) {
	r.Helper()
	r.hostly(func(tx storage.InventoryTx) error {
		missed, err := tx.Update(r.Context(), table, []storage.Column{{Name: column}}, slices.Values([]storage.RowChange{{ID: storage.IntValue(id), New: []storage.Value{v}}}))
		if err == nil && len(missed) > 0 {
			err = fmt.Errorf("there is no row %d in %s", id, table)
		}
		return err
	})
}

func (r *hashRig[P]) hostly(do func(storage.InventoryTx) error) {
	r.Helper()
	tx, err := r.in.Begin(r.Context(), storage.Fence{Scope: "host"})
	target(r, err)
	target(r, do(tx))
	target(r, tx.Commit(r.Context()))
}

func (r *hashRig[P]) hostDeletes(table string, id int64) {
	r.Helper()
	r.hostly(func(tx storage.InventoryTx) error {
		_, err := tx.Delete(r.Context(), table, []storage.Column{{Name: "id"}}, slices.Values([][]storage.Value{{storage.IntValue(id)}}))
		return err
	})
}

const books = 12

// filled fills a library with two stands and twelve books, of which change changes each.
func filled(change func(in *library, i int, b *book)) func(*library) {
	return func(in *library) {
		for _, ref := range []string{"s0", "s1"} {
			in.Stands.Build(stand{ref, "name"})
		}
		in.Patrons.Build(patron{"s0"})
		for i := range books {
			title := fmt.Sprint("title", i)
			b := book{Ref: fmt.Sprint("b", i), Title: &title, Words: []string{"a", "b"}, Stand: in.Stands.LazyFind("s0"), Holder: in.Stands.LazyFind("s1").Any()}
			if change != nil {
				change(in, i, &b)
			}
			in.Books.Build(b)
		}
	}
}

// only changes the first book.
func only(change func(in *library, b *book)) func(*library) {
	return filled(func(in *library, i int, b *book) {
		if i == 0 {
			change(in, b)
		}
	})
}

func TestHash_readsWhatChanged(t *testing.T) {
	t.Parallel()
	r := newLibrary(t)
	r.reads("nothing is there", 0, 0, filled(nil))
	if plan := r.reads("nothing changed", books, 0, filled(nil)); !plan.Empty() || countedIn(t, plan, "books").Unchanged != books || countedIn(t, plan, "books").Stored != books {
		t.Errorf("nothing changed, and the plan is\n%s", planText(t, plan))
	}
	for _, of := range []struct {
		what   string
		change func(in *library, b *book)
	}{
		{"a text", func(_ *library, b *book) { *b.Title = "another" }},
		{"null", func(_ *library, b *book) { b.Title = nil }},
		{"JSON", func(_ *library, b *book) { b.Words = nil }},
		{"a reference", func(in *library, b *book) { b.Stand = in.Stands.LazyFind("s1") }},
		{"no reference", func(_ *library, b *book) { b.Stand = refresh.Ref[stand]{} }},
		{"another reference", func(in *library, b *book) { b.Second, b.Stand = b.Stand, refresh.Ref[stand]{} }},
		{"of any, the other one with its id", func(in *library, b *book) { b.Holder = in.Patrons.LazyFind("s0").Any() }},
		{"of any, none", func(_ *library, b *book) { b.Holder = refresh.AnyRef{} }},
		{"nothing again", func(*library, *book) {}},
	} {
		says(t, r.reads(of.what, books, 1, only(of.change)), fmt.Sprintf("books: 1 updated, %d unchanged", books-1))
		if plan := r.reads(of.what+", again", books, 0, only(of.change)); !plan.Empty() {
			t.Errorf("%s, again: the plan is\n%s", of.what, planText(t, plan))
		}
	}
	many := filled(func(_ *library, i int, b *book) { b.Title = nil })
	says(t, r.reads("many", books/4+1, books, many), "books: 12 updated")
	r.reads("many, again", books, 0, many)
	half := filled(func(_ *library, i int, b *book) {
		if b.Title = nil; i >= books/2 {
			b.Words = nil
		}
	})
	says(t, r.reads("many after some that are the same", books/2+books/4+1, books, half), "books: 6 updated, 6 unchanged")
	says(t, r.reads("they are gone", 1, books, func(in *library) { in.Books.Complete() }), "books: 12 archived")
}

// Rows that are created at once with what they point at have the hashes that they have afterwards.
func TestHash_ofCreatedIDs(t *testing.T) {
	t.Parallel()
	r := newLibrary(t)
	r.save(only(func(_ *library, b *book) { b.Stand = refresh.Ref[stand]{} }))
	third := func(in *library) {
		in.Stands.Build(stand{"s2", "new"})
		in.Books.Build(book{Ref: "new", Stand: in.Stands.LazyFind("s2"), Holder: in.Stands.LazyFind("s2").Any()})
		only(func(in *library, b *book) { b.Stand = in.Stands.LazyFind("s2") })(in)
	}
	says(t, r.reads("created", books, 1, third), "books: 1 created, 1 updated, 11 unchanged")
	r.reads("created, again", books+1, 0, third)
}

// A row is read where what it points at has another id. What others write is not seen: only where the row is written.
func TestHash_othersWrite(t *testing.T) {
	t.Parallel()
	r := newLibrary(t)
	r.save(filled(nil))
	for id := range int64(books) {
		r.host("books", "stand_id", id+1, storage.Value{})
	}
	r.hostDeletes("stands", 1)
	r.save(filled(nil))
	if got := r.dump()["books"][`manager="one" ref="b7"`]["stand_id"]; got != `(manager="one" ref="s0")` {
		t.Errorf("the stand was made again, and the book is at %q", got)
	}

	r.host("books", "stand_id", 1, storage.Value{})
	r.host("books", "title", 1, storage.TextValue("theirs"))
	if plan := r.reads("others wrote", books, 0, filled(nil)); !plan.Empty() {
		t.Errorf("others wrote, and the plan is\n%s", planText(t, plan))
	}
	r.once(only(func(_ *library, b *book) { b.Words = nil }))
	row := r.dump()["books"][`manager="one" ref="b0"`]
	if row["stand_id"] != `(manager="one" ref="s0")` || row["title"] != `"title0"` {
		t.Errorf("the row was written, and what others wrote is still there: %v", row)
	}
}

// Where another field is declared, or the column of hashes, all rows are read once.
func TestHash_otherColumns(t *testing.T) {
	t.Parallel()
	type page struct {
		Ref   string `reeve:"ref,key"`
		Title string `reeve:"title"`
	}
	type paper struct {
		Ref   string `reeve:"ref,key"`
		Title string `reeve:"title"`
		Size  *int   `reeve:"size"`
	}
	type thin struct {
		Ref   string `reeve:"ref,key"`
		Title string `reeve:"title,ifempty"`
	}
	declare := func(row string, hash string) func(*refresh.Builder) func() {
		return func(b *refresh.Builder) func() {
			o := &refresh.CollectionOptions{Hash: hash}
			switch row {
			case "page":
				c := refresh.Add[page](b, "pages", o)
				return func() { c.Build(page{"p", "title"}) }
			case "thin":
				c := refresh.Add[thin](b, "pages", o)
				return func() { c.Build(thin{"p", "title"}) }
			default:
				c := refresh.Add[paper](b, "pages", o)
				return func() { c.Build(paper{"p", "title", nil}) }
			}
		}
	}
	r := newHashRig(t, "pages", declare("page", ""), tableOf("pages", "manager*", "ref*", "title", "size:int", "hash:int"))
	parse := func(say func()) { say() }
	r.save(parse)
	for _, of := range []string{"page", "paper", "thin", "page"} {
		r.declare("pages", declare(of, "hash"))
		says(t, r.reads(of, 1, 1, parse), "pages: 1 updated")
		if plan := r.reads(of+" again", 1, 0, parse); !plan.Empty() {
			t.Errorf("%s, again: the plan is\n%s", of, planText(t, plan))
		}
	}
}

// What a row holds of which not all is said is known to nobody, so it has no hash: if that is new in it.
func TestHash_ofPatches(t *testing.T) {
	t.Parallel()
	r := newLibrary(t)
	r.save(filled(nil))
	before := r.hashes("books")
	patch := func(title string) func(*library) {
		return func(in *library) {
			in.Books.Patch(book{Ref: "b0", Title: &title}, func(b *book) []any { return []any{&b.Title} })
			in.Books.Incomplete(fmt.Errorf("only one"))
			in.Stands.Incomplete(fmt.Errorf("none"))
		}
	}
	if plan := r.once(patch("title0")); !plan.Empty() {
		t.Errorf("a patch that changes nothing writes\n%s", planText(t, plan))
	}
	r.save(patch("patched"))
	want := maps.Clone(before)
	want[`"b0"`] = ""
	if diff := cmp.Diff(want, r.hashes("books")); diff != "" {
		t.Errorf("hashes after a patch (- want, + got):\n%s", diff)
	}
	says(t, r.reads("after a patch", books, 1, filled(nil)), "books: 1 updated, 11 unchanged")
	if diff := cmp.Diff(before, r.hashes("books")); diff != "" {
		t.Errorf("hashes after all was said again (- want, + got):\n%s", diff)
	}
	r.save(func(in *library) { // one that is new
		filled(nil)(in)
		title := "new"
		in.Books.Patch(book{Ref: "new", Title: &title}, func(b *book) []any { return []any{&b.Title} })
	})
	if got := r.hashes("books")[`"new"`]; got != "" {
		t.Errorf("a row of which not all was said has the hash %s", got)
	}
}

// A targeted refresh writes hashes, which a full one finds; one that was begun before leaves those rows alone.
func TestHash_targeted(t *testing.T) {
	t.Parallel()
	r := newLibrary(t)
	r.save(filled(nil))
	title := "targeted"
	targeted := only(func(in *library, b *book) { *b = book{Ref: "b0", Title: &title, Stand: in.Stands.LazyFind("s1")} })
	older, err := r.persister.Open(t.Context(), "one", nil)
	target(t, err)
	targeted(older.Inventory)
	names, err := r.persister.Inventory()
	target(t, err)
	var one refresh.Targets
	target(t, names.Books.Target(&one, book{Ref: "b0"}))
	open, err := r.persister.Open(t.Context(), "one", &one)
	target(t, err)
	open.Inventory.Books.Build(book{Ref: "b0", Title: &title, Stand: open.Inventory.Stands.LazyFind("s1")})
	_, err = open.Save(t.Context(), 0)
	target(t, err)
	plan, err := older.Save(t.Context(), 0)
	target(t, err)
	says(t, plan, "books: 11 unchanged, 1 newer")
	r.reads("after a targeted one", books, 0, targeted)
}

func TestHash_ifEmptyAndReadOnly(t *testing.T) {
	t.Parallel()
	r := newLibrary(t)
	note := func(note, mark string) func(*library) {
		return only(func(_ *library, b *book) { b.Note, b.Mark = note, mark })
	}
	r.save(note("first", "x"))
	says(t, r.reads("a note that does not count", books, 1, note("second", "x")), "books: 12 unchanged")
	r.reads("the one that does", books, 0, note("first", "y")) // what is only read is in no hash
	if got := r.dump()["books"][`manager="one" ref="b0"`]["note"]; got != `"first"` {
		t.Errorf("the note is %s; the first one stays", got)
	}
}

func TestHash_archived(t *testing.T) {
	t.Parallel()
	r := newLibrary(t)
	r.save(filled(nil))
	less := func(in *library) {
		filled(nil)(in)
		in.Books.Build(book{Ref: "more"})
	}
	r.save(less)
	says(t, r.once(filled(nil)), "books: 1 archived, 12 unchanged")
	says(t, r.once(less), "books: 1 updated, 12 unchanged, 1 revived") // though its hash is the same
	r.reads("it came back", books+1, 0, less)

	title := "unique"
	under := func(ref string) func(*library) {
		return func(in *library) {
			filled(nil)(in)
			in.Books.Build(book{Ref: ref, Title: &title})
		}
	}
	r.save(under("old"))
	r.once(filled(nil))
	says(t, r.once(under("new")), "books: 1 updated, 12 unchanged, 1 revived")
	r.reads("under another key", books+2, 0, under("new")) // one is archived, which is nobody's business
	r.save(under("new"))
}
