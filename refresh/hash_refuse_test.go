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
