package refresh_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

type (
	piece struct {
		A     string  `reeve:"a,key"`
		B     string  `reeve:"b,key"`
		C     *string `reeve:"c,key"`
		Label string  `reeve:"label,index=by_label"`
	}
	pieceUse struct {
		Ref string             `reeve:"ref,key"`
		Of  refresh.Ref[piece] `reeve:"of_id"`
	}
	pieces struct {
		Parts *refresh.Collection[piece]
		Uses  *refresh.Collection[pieceUse]
	}
)

func newParts(t *testing.T, duplicates refresh.Duplicates) *rig[pieces] {
	t.Helper()
	table := tableOf("parts", "manager*", "a*", "b*", "c*", "label")
	table.Columns[4].Null = true
	return newRig(t, func(b *refresh.Builder) pieces {
		return pieces{refresh.Add[piece](b, "parts", &refresh.CollectionOptions{Duplicates: duplicates}), refresh.Add[pieceUse](b, "uses", nil)}
	}, table, tableOf("uses", "manager*", "ref*", "of_id→parts"))
}

// Keys are compared by their values: none that are written alike one behind the other are the same, and null is not empty.
func TestKeysDoNotCollide(t *testing.T) {
	t.Parallel()
	r := newParts(t, refresh.RefuseDuplicates)
	empty, some := "", "z"
	rows := []piece{
		{A: "x__y", B: "z"},
		{A: "x", B: "y__z"},
		{A: "x", B: "y", C: &some},
		{A: "x", B: "y", C: &empty},
		{A: "x", B: "y"},
		{A: "x|y", B: "z"},
		{A: "x", B: "y|z"},
		{A: "7", B: "7"},
	}
	plan := r.save(func(in pieces) {
		for _, row := range rows {
			in.Parts.Build(row)
			in.Uses.Build(pieceUse{row.A + "," + row.B + "," + nullable(row.C), in.Parts.LazyFindLike(row)})
		}
	})
	if n := countedIn(t, plan, "parts").Inserts; n != len(rows) || len(plan.Unresolved()) > 0 {
		t.Errorf("%d of %d rows are created, and these references point at nothing: %v", n, len(rows), plan.Unresolved())
	}
	for id, of := range map[string]string{"x__y,z,null": `a="x__y" b="z" c=null`, "x,y__z,null": `a="x" b="y__z" c=null`, "x,y,": `a="x" b="y" c=""`} {
		if got := r.dump()["uses"][`manager="one" ref="`+id+`"`]["of_id"]; !strings.Contains(got, of) {
			t.Errorf("use %s is of %s; %s is right", id, got, of)
		}
	}
}

func nullable(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// A second row with the same key is never silent, and the collection's options say which counts.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	first, second := piece{A: "a", B: "b", Label: "first"}, piece{A: "a", B: "b", Label: "second"}
	for duplicates, want := range map[refresh.Duplicates]string{refresh.FirstWins: "first", refresh.LastWins: "second", refresh.Merge: "third"} {
		r := newParts(t, duplicates)
		plan := r.save(func(in pieces) {
			in.Parts.Build(first)
			in.Parts.Build(first) // the same is no duplicate
			in.Parts.Build(second)
			if duplicates == refresh.Merge {
				third := second
				third.Label = "third"
				in.Parts.Patch(third, func(p *piece) []any { return []any{&p.Label} })
				in.Parts.Patch(piece{A: "a", B: "b"}, func(*piece) []any { return nil })
			}
		})
		r.holds("parts", `a="a" b="b" c=null, label="`+want+`"`)
		if d := plan.Duplicates(); len(d) == 0 || d[0].Key != `a="a" b="b" c=null` || d[0].Columns[0] != "label" {
			t.Errorf("the duplicates are %v", d)
		}
	}
	r := newParts(t, refresh.RefuseDuplicates)
	open, err := r.persister.Open(t.Context(), "one", nil)
	target(t, err)
	open.Inventory.Parts.Build(first)
	open.Inventory.Parts.Build(second)
	if _, err := open.Plan(t.Context()); err == nil || !strings.Contains(err.Error(), `1 rows have the key of another and other data, the first with a="a" b="b" c=null in ["label"]`) {
		t.Errorf("the error is %v", err)
	}
}

// An index by which two rows are found finds none of them, whether both were brought or are in the database.
func TestIndexThatIsNone(t *testing.T) {
	t.Parallel()
	r := newParts(t, refresh.RefuseDuplicates)
	use := func(in pieces) { in.Uses.Build(pieceUse{"use", in.Parts.LazyFindBy("by_label", piece{Label: "same"})}) }
	plan := r.once(func(in pieces) {
		in.Parts.Build(piece{A: "a", B: "1", Label: "same"})
		in.Parts.Build(piece{A: "a", B: "2", Label: "same"})
		use(in)
	})
	if d, u := plan.Duplicates(), plan.Unresolved(); len(d) != 1 || d[0].Columns[0] != "by_label" || len(u) != 1 || !u[0].Several {
		t.Errorf("the duplicates are %v, and unresolved are %v", d, u)
	}
	plan = r.once(func(in pieces) {
		in.Parts.Incomplete(storage.ErrNotFound)
		use(in)
	})
	if u := plan.Unresolved(); len(u) != 1 || !u[0].Several {
		t.Errorf("unresolved are %v", u)
	}
	r.holds("uses", `ref="use"`)
}

// What a parser asks for and cannot have makes the plan fail, in tests and elsewhere.
func TestLazyFind_misused(t *testing.T) {
	t.Parallel()
	r := newParts(t, refresh.RefuseDuplicates)
	for words, ask := range map[string]func(pieces){
		`LazyFind("a"): its key is not one text but "a", "b", "c"; LazyFindLike is right`: func(in pieces) { in.Parts.LazyFind("a") },
		`LazyFindBy("by_name"): there is no such index; there is "by_label"`:              func(in pieces) { in.Parts.LazyFindBy("by_name", piece{}) },
		`LazyFindBy("by_name"): there is no such index; there is none`:                    func(in pieces) { in.Uses.LazyFindBy("by_name", pieceUse{}) },
	} {
		open, err := r.persister.Open(t.Context(), "one", nil)
		target(t, err)
		ask(open.Inventory)
		if _, err := open.Plan(t.Context()); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("the error is %v; it must say %s", err, words)
		}
	}
	// To look for nothing is no misuse.
	plan := r.once(func(in pieces) {
		in.Parts.Incomplete(storage.ErrNotFound)
		in.Uses.Build(pieceUse{"none", in.Parts.LazyFindLike(piece{})})
		if !in.Uses.LazyFind("").IsNull() {
			t.Error("an empty key is a reference")
		}
	})
	if len(plan.Unresolved()) > 0 {
		t.Errorf("unresolved are %v", plan.Unresolved())
	}
}

// A key that two rows of the database have, as null in a unique index allows it, is no key: neither row is deleted or taken
// for the other.
func TestKeyThatTwoRowsHave(t *testing.T) {
	t.Parallel()
	r := newParts(t, refresh.RefuseDuplicates)
	tx, err := r.in.Begin(t.Context(), storage.Fence{Scope: "one"})
	target(t, err)
	row := []storage.Value{storage.TextValue("one"), storage.TextValue("a"), storage.TextValue("b"), storage.TextValue("label")}
	target(t, tx.Insert(t.Context(), "parts", []storage.Column{{Name: "manager"}, {Name: "a"}, {Name: "b"}, {Name: "label"}}, slices.Values([][]storage.Value{row, row})))
	target(t, tx.Commit(t.Context()))
	open, err := r.persister.Open(t.Context(), "one", nil)
	target(t, err)
	open.Inventory.Parts.Build(piece{A: "a", B: "b"})
	if _, err := open.Plan(t.Context()); err == nil || !strings.Contains(err.Error(), `rows 1 and 2 of table "parts" have the same key, ["a" "b" null]; a unique index on it is right`) {
		t.Errorf("the error is %v", err)
	}
}
