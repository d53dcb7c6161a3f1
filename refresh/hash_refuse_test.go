package refresh_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A column of hashes is an integer that may be null, and nothing else is in it.
func TestHash_column(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		options refresh.CollectionOptions
		spoil   func(*storage.Table)
		wrong   string
	}{
		"missing":      {refresh.CollectionOptions{Hash: "sum"}, nil, `collection "books", table "books": there is no column "sum" of Hash`},
		"a text":       {refresh.CollectionOptions{Hash: "text"}, nil, `column "text" of Hash is a text; an integer that may be null is right`},
		"never null":   {refresh.CollectionOptions{Hash: "hash"}, func(t *storage.Table) { t.Columns[len(t.Columns)-1].Null = false }, `column "hash" of Hash is an integer that may not be null; an integer that may be null is right`},
		"of the scope": {refresh.CollectionOptions{Hash: "manager"}, nil, `column "manager" is Hash and the same in all its rows besides`},
		"a field":      {refresh.CollectionOptions{Hash: "title"}, nil, `collection "books": column "title" is Hash and something else besides; a column of its own is right`},
		"of types":     {refresh.CollectionOptions{Hash: "holder_type"}, nil, `column "holder_type" is Hash and something else besides`},
		"the id":       {refresh.CollectionOptions{Hash: "id"}, nil, `column "id" is Hash and something else besides`},
		"of times":     {refresh.CollectionOptions{Hash: "archived", Archive: "archived"}, nil, `column "archived" is Hash and something else besides`},
		"a constant":   {refresh.CollectionOptions{Hash: "hash", Where: map[string]any{"hash": 1}}, nil, `column "hash" is Hash and something else besides`},
		"right":        {refresh.CollectionOptions{Hash: "hash"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			books := tableOf("books", "manager*", "ref*", "title", "note", "mark", "words", "stand_id→stands", "second_id→stands", "holder_id:int", "holder_type", "archived:time", "text", "hash:int")
			if of.spoil != nil {
				of.spoil(&books)
			}
			in, err := memory.NewInventory(tableOf("stands", "manager*", "ref*", "name"), tableOf("patrons", "manager*", "ref*"), books)
			target(t, err)
			p, err := refresh.NewPersister(func(b *refresh.Builder) struct{} {
				refresh.Add[stand](b, "stands", nil)
				refresh.Add[patron](b, "patrons", nil)
				refresh.Add[book](b, "books", &of.options)
				return struct{}{}
			}, in, nil)
			if err == nil {
				_, err = p.Open(t.Context(), "one", nil)
			}
			if of.wrong == "" && err != nil || of.wrong != "" && (err == nil || !strings.Contains(err.Error(), of.wrong)) {
				t.Errorf("the error is\n%v\nit must say\n%s", err, of.wrong)
			}
		})
	}
}

// Where all rows are read in any case a column of hashes is refused.
func TestHash_whereItIsOfNoUse(t *testing.T) {
	t.Parallel()
	type (
		chained struct {
			Ref  string           `reeve:"ref,key"`
			Next refresh.AnyRef   `reeve:"next_id,to=stands|chain,type=next_type"`
			Lent refresh.Ref[lab] `reeve:"lab_id"`
		}
		borrowing struct {
			Ref  string                                     `reeve:"ref,key"`
			Next refresh.Value[refresh.Ref[refreshedLater]] `reeve:"next_id"`
		}
		counted struct {
			Ref string `reeve:"ref,key"`
			At  int    `reeve:"at,version"`
		}
	)
	hash := func(mode refresh.Mode) *refresh.CollectionOptions {
		return &refresh.CollectionOptions{Hash: "hash", Mode: mode}
	}
	for name, c := range map[string]struct {
		declare func(b *refresh.Builder)
		why     string // empty: it is of use
	}{
		"only read":    {func(b *refresh.Builder) { refresh.Add[stand](b, "stands", hash(refresh.ReadOnly)) }, `collection "stands": option Hash is of no use where rows are not updated, as option Mode says`},
		"only created": {func(b *refresh.Builder) { refresh.Add[stand](b, "stands", hash(refresh.CreateOnly)) }, `rows are not updated`},
		"only updated": {func(b *refresh.Builder) { refresh.Add[stand](b, "stands", hash(refresh.UpdateOnly)) }, ""},
		"versions":     {func(b *refresh.Builder) { refresh.Add[counted](b, "counted", hash(0)) }, `rows have a version, field At:`},
		"its own": {func(b *refresh.Builder) {
			refresh.Add[stand](b, "stands", nil)
			refresh.Add[lab](b, "labs", nil)
			refresh.Add[chained](b, "chain", hash(0))
		}, `collection "chain": option Hash is of no use where a row can point at one that is written with it or later, by field Next at one of "chain": then all columns are read and compared; leave it empty`},
		"later ones": {func(b *refresh.Builder) {
			refresh.Add[borrowing](b, "first", hash(0))
			refresh.Add[refreshedLater](b, "second", &refresh.CollectionOptions{After: []string{"first"}})
		}, `by field Next at one of "second"`},
		"earlier ones": {func(b *refresh.Builder) {
			refresh.Add[borrowing](b, "first", hash(0))
			refresh.Add[refreshedLater](b, "second", nil)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := memory.NewInventory()
			target(t, err)
			_, err = refresh.NewPersister(func(b *refresh.Builder) struct{} { c.declare(b); return struct{}{} }, in, nil)
			if c.why == "" && err != nil || c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) {
				t.Errorf("the error is\n%v\nit must say\n%s", err, c.why)
			}
		})
	}
}

type refreshedLater struct {
	Ref string `reeve:"ref,key"`
}

// Two collections of one table can have the same column of hashes only if no row is in both.
func TestHash_ofTwoCollections(t *testing.T) {
	t.Parallel()
	type (
		shelf struct {
			Ref string `reeve:"ref,key"`
		}
		box struct {
			Ref string `reeve:"ref,key"`
		}
		onShelf struct {
			Ref string             `reeve:"ref,key"`
			At  refresh.Ref[shelf] `reeve:"at_id,key"`
		}
		inBox struct {
			Ref string           `reeve:"ref,key"`
			At  refresh.Ref[box] `reeve:"at_id,key"`
		}
		inBoxBy struct {
			Ref string           `reeve:"ref,key"`
			At  refresh.Ref[box] `reeve:"in_id,key"`
		}
		anywhere struct {
			Ref string         `reeve:"ref,key"`
			At  refresh.AnyRef `reeve:"at_id,key,to=shelves|boxes,type=at_type"`
		}
		onShelfOf struct {
			Ref string         `reeve:"ref,key"`
			At  refresh.AnyRef `reeve:"at_id,key,to=shelves,type=at_type"`
		}
		inBoxOf struct {
			Ref string         `reeve:"ref,key"`
			At  refresh.AnyRef `reeve:"at_id,key,to=boxes,type=at_type"`
		}
		inBoxOfKind struct {
			Ref string         `reeve:"ref,key"`
			At  refresh.AnyRef `reeve:"at_id,key,to=boxes,type=at_kind"`
		}
	)
	of := func(hash, kind string, parents ...string) *refresh.CollectionOptions {
		o := &refresh.CollectionOptions{Table: "things", Hash: hash, ChildOf: parents}
		if kind != "" {
			o.Where = map[string]any{"kind": kind}
		}
		return o
	}
	places := func(b *refresh.Builder, shelf1, box1 string) {
		refresh.Add[shelf](b, "shelves", of("", shelf1))
		refresh.Add[box](b, "boxes", of("", box1))
	}
	for name, c := range map[string]struct {
		declare func(b *refresh.Builder)
		right   bool
	}{
		"the same rows": {func(b *refresh.Builder) {
			refresh.Add[shelf](b, "a", of("hash", ""))
			refresh.Add[box](b, "b", of("hash", ""))
		}, false},
		"the same constant": {func(b *refresh.Builder) {
			refresh.Add[shelf](b, "a", of("hash", "x"))
			refresh.Add[box](b, "b", of("hash", "x"))
		}, false},
		"a constant in one": {func(b *refresh.Builder) {
			refresh.Add[shelf](b, "a", of("hash", "x"))
			refresh.Add[box](b, "b", of("hash", ""))
		}, false},
		"different constants": {func(b *refresh.Builder) {
			refresh.Add[shelf](b, "a", of("hash", "x"))
			refresh.Add[box](b, "b", of("hash", "y"))
		}, true},
		"different columns": {func(b *refresh.Builder) {
			refresh.Add[shelf](b, "a", of("hash", ""))
			refresh.Add[box](b, "b", of("other", ""))
		}, true},
		"parents that are apart": {func(b *refresh.Builder) {
			places(b, "shelf", "box")
			refresh.Add[onShelf](b, "a", of("hash", "", "at_id"))
			refresh.Add[inBox](b, "b", of("hash", "", "at_id"))
		}, true},
		"parents that are not": {func(b *refresh.Builder) {
			places(b, "shelf", "")
			refresh.Add[onShelf](b, "a", of("hash", "", "at_id"))
			refresh.Add[inBox](b, "b", of("hash", "", "at_id"))
		}, false},
		"parents that are apart, by other columns": {func(b *refresh.Builder) {
			places(b, "shelf", "box")
			refresh.Add[onShelf](b, "a", of("hash", "", "at_id"))
			refresh.Add[inBoxBy](b, "b", of("hash", "", "in_id"))
		}, false},
		"parents of different types, by other columns": {func(b *refresh.Builder) {
			places(b, "", "")
			refresh.Add[onShelfOf](b, "a", of("hash", "", "at_id"))
			refresh.Add[inBoxOfKind](b, "b", of("hash", "", "at_id"))
		}, false},
		"parents in different tables": {func(b *refresh.Builder) { // whose rows can have the same ids
			refresh.Add[shelf](b, "shelves", nil)
			refresh.Add[box](b, "boxes", nil)
			refresh.Add[onShelf](b, "a", of("hash", "", "at_id"))
			refresh.Add[inBox](b, "b", of("hash", "", "at_id"))
		}, false},
		"parents in different tables with different constants": {func(b *refresh.Builder) {
			refresh.Add[shelf](b, "shelves", &refresh.CollectionOptions{Where: map[string]any{"kind": "shelf"}})
			refresh.Add[box](b, "boxes", &refresh.CollectionOptions{Where: map[string]any{"kind": "box"}})
			refresh.Add[onShelf](b, "a", of("hash", "", "at_id"))
			refresh.Add[inBox](b, "b", of("hash", "", "at_id"))
		}, false},
		"the same parents": {func(b *refresh.Builder) {
			places(b, "shelf", "box")
			refresh.Add[onShelf](b, "a", of("hash", "", "at_id"))
			refresh.Add[onShelf](b, "b", of("hash", "", "at_id"))
		}, false},
		"the same parents, of any kind": {func(b *refresh.Builder) {
			places(b, "shelf", "box")
			refresh.Add[anywhere](b, "a", of("hash", "", "at_id"))
			refresh.Add[anywhere](b, "b", of("hash", "", "at_id"))
		}, false},
		"parents of different types": {func(b *refresh.Builder) {
			places(b, "", "")
			refresh.Add[onShelfOf](b, "a", of("hash", "", "at_id"))
			refresh.Add[inBoxOf](b, "b", of("hash", "", "at_id"))
		}, true},
		"one is no child": {func(b *refresh.Builder) {
			places(b, "shelf", "box")
			refresh.Add[onShelf](b, "a", of("hash", "", "at_id"))
			refresh.Add[inBox](b, "b", of("hash", ""))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := memory.NewInventory()
			target(t, err)
			_, err = refresh.NewPersister(func(b *refresh.Builder) struct{} { c.declare(b); return struct{}{} }, in, nil)
			const wrong = `refresh: collections "a" and "b" have their hashes in the same column "hash" of table "things", and a row can be in both`
			if c.right && err != nil || !c.right && (err == nil || !strings.Contains(err.Error(), wrong)) {
				t.Errorf("the error is\n%v\nwhether it is right: %t", err, c.right)
			}
		})
	}
}

// A plan's hashes are where the collection has them, and nowhere else.
func TestHash_inPlans(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to string
		says     string // empty: it is admitted
	}{
		"as it is":                     {},
		"in another column":            {`"hash":"hash"`, `"hash":"title"`, `its hashes are in column "title", not in "hash"`},
		"nowhere":                      {`,"hash":"hash"`, ``, `its hashes are in column "", not in "hash"`},
		"where there are none":         {`"table":"patrons",`, `"table":"patrons","hash":"hash",`, `its hashes are in column "hash", not in ""`},
		"a text":                       {`{"column":"hash","old":null,"new":`, `{"column":"hash","old":null,"new":"x"},{"column":"hash","old":null,"new":`, `column "hash" is not written so`},
		"a row":                        {`{"column":"hash","old":null,"new":`, `{"column":"hash","old":null,"new":null,"new_row":{"collection":"stands","row":0}},{"column":"hash","old":null,"new":`, `column "hash" is not written so`},
		"of what is archived":          {`{"column":"archived","old":null,"new":`, `{"column":"hash","old":null,"new":1},{"column":"archived","old":null,"new":`, `column "hash" is not written so`},
		"a column of hashes elsewhere": {`{"column":"name","old":"name","new":"x"}`, `{"column":"hash","old":null,"new":1}`, `column "hash" is not written so`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newLibrary(t)
			r.once(filled(nil))
			open, err := r.persister.Open(t.Context(), "one", nil)
			target(t, err)
			in := open.Inventory
			at := in.Stands.Build(stand{"s0", "x"})
			in.Stands.Build(stand{"s2", "new"})
			in.Patrons.Build(patron{"p"})
			in.Books.Build(book{Ref: "b0", Stand: at})
			in.Books.Build(book{Ref: "new", Stand: in.Stands.LazyFind("s2")})
			plan, err := open.Plan(t.Context())
			target(t, err)
			var b bytes.Buffer
			target(t, plan.WriteJSON(&b))
			text := b.String()
			if !strings.Contains(text, c.from) {
				t.Fatalf("the plan does not say %s\n%s", c.from, text)
			}
			read, err := refresh.ReadPlan(strings.NewReader(strings.Replace(text, c.from, c.to, 1)), 0)
			if err == nil {
				err = r.persister.Apply(t.Context(), read, 0)
			}
			if c.says != "" {
				if !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("the error is %v; it must say %s", err, c.says)
				}
				return
			}
			target(t, err)
			again := r.reads("the same again", books+1, 0, func(in *library) { // archived ones, too
				at := in.Stands.Build(stand{"s0", "x"})
				in.Stands.Build(stand{"s2", "new"})
				in.Patrons.Build(patron{"p"})
				in.Books.Build(book{Ref: "b0", Stand: at})
				in.Books.Build(book{Ref: "new", Stand: in.Stands.LazyFind("s2")})
			})
			if !again.Empty() {
				t.Errorf("a plan was written, read and applied, and then there is\n%s", planText(t, again))
			}
			hashes := r.hashes("books")
			if got := []string{hashes[`"b0"`], hashes[`"new"`]}; slices.Contains(got, "") {
				t.Errorf("a plan was applied, and the hashes are %q", got)
			}
		})
	}
}
