package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/trialtest"
	"github.com/reeve-go/reeve/storage"
)

// randomSaves does at random what can be done in saves, to the inventory and to plain rows, and demands
// that both answer the same and hold the same afterwards.
func randomSaves(t *testing.T, h InventoryHarness) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) { compareWithPlain(rt, h.open(trialtest.New(t, rt))) })
}

// A rivalry is one random sequence of saves.
type rivalry struct {
	*stock
	rt    *rapid.T
	tx    storage.InventoryTx // nil: none is open
	scope string
	token storage.Token

	committed, open *plain
	saves           map[string]uint64
	tokens          map[string]storage.Token
	// touched is, by scope, the save that touched a row last; own are those of the open save.
	touched map[string]map[string]uint64
	own     []string
}

func compareWithPlain(rt *rapid.T, s *stock) {
	r := &rivalry{
		stock: s, committed: newPlain(), saves: map[string]uint64{}, tokens: map[string]storage.Token{},
		touched: map[string]map[string]uint64{"a": {}, "b": {}},
	}
	step := func(do func()) func(*rapid.T) {
		return func(rt *rapid.T) {
			r.rt = rt
			r.begin()
			if r.tx != nil {
				do()
			}
		}
	}
	rt.Repeat(map[string]func(*rapid.T){
		"insert":       step(r.insert),
		"insert again": step(r.insert),
		"update":       step(r.update),
		"delete":       step(r.remove),
		"find":         step(r.find),
		"touch":        step(r.touch),
		"touched":      step(r.findTouched),
		"commit":       step(r.commit),
		"roll back":    step(r.rollBack),
	})
	if r.tx != nil {
		r.commit()
	}
	r.compare(s.view(s.Inventory), r.committed)
}

// begin begins a save if none is open.
func (r *rivalry) begin() {
	if r.tx != nil {
		return
	}
	r.scope = rapid.SampledFrom([]string{"a", "b"}).Draw(r.rt, "scope")
	r.token = storage.Token(rapid.Uint64Range(1, 3).Draw(r.rt, "token"))
	tx, err := r.Inventory.Begin(r.ctx, storage.Fence{Scope: r.scope, Token: r.token})
	if r.token < r.tokens[r.scope] {
		r.is("begin with an older token", err, storage.ErrLeaseLost)
		return
	}
	r.is("begin", err, nil)
	r.same("the number of a save", tx.Number(), r.saves[r.scope]+1)
	r.tx, r.open, r.own = tx, r.committed.clone(), nil
	r.Cleanup(func() { _ = tx.Close() })
}

// ends ends the save if a call was answered so, as it must be if it was not right.
func (r *rivalry) ends(what string, err error, right bool) {
	if right {
		r.is(what, err, nil)
		return
	}
	r.is(what, err, storage.ErrConflict)
	r.rollBack()
}

func (r *rivalry) number(name string, most int) storage.Value {
	return of(rapid.IntRange(1, most).Draw(r.rt, name))[0]
}

// value draws a value that a column can have.
func (r *rivalry) value(c storage.Column) storage.Value {
	switch {
	case c.Null && rapid.IntRange(0, 3).Draw(r.rt, c.Name+" is null") == 0:
		return null
	case c.Type == storage.TextType:
		return storage.TextValue(rapid.SampledFrom([]string{"", "a", "b", "A", "7"}).Draw(r.rt, c.Name))
	default:
		return r.number(c.Name, 4)
	}
}

var randomColumns = map[string][]string{
	sites: {"id", "ref"}, machines: {"id", "site", "ref", "parent", "weight"}, disks: {"id", "machine", "ref", "size"}, plugs: {"machine", "disk", "note"},
}

// columns draws a table and some of its columns; those are left out that begin says.
func (r *rivalry) columns(begin int) (table string, names []string) {
	table = rapid.SampledFrom([]string{sites, machines, disks, plugs}).Draw(r.rt, "table")
	all := randomColumns[table][begin:]
	names = slices.Clone(rapid.Permutation(all).Draw(r.rt, "columns"))
	return table, names[:rapid.IntRange(1, len(names)).Draw(r.rt, "how many columns")]
}

func (r *rivalry) values(table string, names []string) row {
	out := make(row, len(names))
	for i, name := range names {
		out[i] = r.value(r.open.tables[table].Columns[r.open.at(table, name)])
	}
	return out
}

func (r *rivalry) insert() {
	table, _ := r.columns(0)
	names := randomColumns[table]
	var rows []row
	right := true
	for range rapid.IntRange(1, 3).Draw(r.rt, "rows") {
		values := r.values(table, names)
		if i := slices.Index(names, "parent"); i >= 0 && !r.known(machines, values[i]) { // mostly right
			values[i] = null
		}
		rows = append(rows, values)
		right = right && r.open.insert(table, names, values)
	}
	r.ends("insert", r.tx.Insert(r.ctx, table, cols(strings.Join(names, " ")), given(rows...)), right)
}

func (r *rivalry) known(table string, id storage.Value) bool {
	return slices.ContainsFunc(r.open.rows[table], func(other row) bool { return other[0] == id })
}

func (r *rivalry) update() {
	table, names := r.columns(1)
	if table == plugs {
		return
	}
	var changes []storage.RowChange
	var missed row
	right := true
	ids := rapid.SliceOfNDistinct(rapid.IntRange(1, 4), 1, 3, rapid.ID).Draw(r.rt, "ids")
	for _, id := range ids {
		c := storage.RowChange{ID: of(id)[0], New: r.values(table, names)}
		if rapid.Bool().Draw(r.rt, "old") {
			c.Old = r.values(table, names)
		}
		changes = append(changes, c)
		if right {
			made, sound := r.open.update(table, names, c)
			if right = sound; !made {
				missed = append(missed, c.ID)
			}
		}
	}
	got, err := r.tx.Update(r.ctx, table, cols(strings.Join(names, " ")), slices.Values(changes))
	if right && err == nil {
		r.same("what an update missed", fmt.Sprint(got), fmt.Sprint(missed))
	}
	r.ends("update", err, right)
}

func (r *rivalry) remove() {
	table, names := r.columns(0)
	tuple := r.values(table, names)
	n, right := r.open.remove(table, names, tuple)
	got, err := r.tx.Delete(r.ctx, table, cols(strings.Join(names, " ")), given(tuple))
	if right && err == nil {
		r.same("how many rows were deleted", got, n)
	}
	r.ends("delete", err, right)
}

func (r *rivalry) find() {
	table, names := r.columns(0)
	q := storage.RowQuery{Table: table, Columns: cols(strings.Join(randomColumns[table], " "))}
	for range rapid.IntRange(0, 2).Draw(r.rt, "scopes") {
		var scope storage.Scope
		for i, v := range r.values(table, names) {
			scope = append(scope, storage.Condition{Column: names[i], Is: v})
		}
		if to := map[string]string{machines: "site", disks: "machine", plugs: "disk"}[table]; to != "" && rapid.Bool().Draw(r.rt, "pointer") {
			of := r.open.tables[table].References[to]
			scope = storage.Scope{{Column: to, Of: pointed(of, storage.Scope{{Column: "ref", Is: r.value(storage.Column{Name: "ref", Type: storage.TextType})}})}}
		}
		q.In = append(q.In, scope)
	}
	if rapid.Bool().Draw(r.rt, "among") {
		q.Among = &storage.Among{Columns: cols(strings.Join(names, " "))}
		for range rapid.IntRange(0, 3).Draw(r.rt, "tuples") {
			q.Among.Tuples = append(q.Among.Tuples, r.values(table, names))
		}
	}
	r.found("what a query finds", r.tx, q, r.open.find(q)...)
}

func (r *rivalry) touch() {
	key := rapid.SampledFrom([]string{"x", "y", "z"}).Draw(r.rt, "key")
	r.touches(key)(r.tx)
	r.own = append(r.own, key)
}

func (r *rivalry) findTouched() {
	after := rapid.Uint64Range(0, 4).Draw(r.rt, "after")
	var want []string
	for key, save := range r.touched[r.scope] {
		if save > after {
			want = append(want, key)
		}
	}
	r.touchedAre("what was touched", r.tx, after, want...)
}

func (r *rivalry) commit() {
	r.compare(r.tx, r.open)
	r.stock.commit(r.tx)
	r.saves[r.scope]++
	r.tokens[r.scope] = r.token
	for _, key := range r.own {
		r.touched[r.scope][key] = r.saves[r.scope]
	}
	r.tx, r.committed = nil, r.open
}

func (r *rivalry) rollBack() {
	r.is("roll back", errors.Join(r.tx.Close(), r.tx.Close()), nil)
	r.tx = nil
}

// compare demands that all tables are the same.
func (r *rivalry) compare(v storage.InventoryView, p *plain) {
	for table, names := range randomColumns {
		q := storage.RowQuery{Table: table, Columns: cols(strings.Join(names, " "))}
		r.found("the rows of table "+table, v, q, p.find(q)...)
	}
}
