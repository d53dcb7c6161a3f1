package storagetest

import (
	"context"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reeve-go/reeve/storage"
)

func describing() inventoryGroup {
	return inventoryGroup{"tables", []inventoryCase{
		{name: "are described as they are", run: describedAsTheyAre},
		{name: "that are not there are not found", run: unknownTable},
		{name: "are not described under an ended context", run: func(s *stock) {
			_, err := s.Inventory.Describe(s.canceled(), sites)
			s.is("describe", err, context.Canceled)
		}},
	}}
}

func describedAsTheyAre(s *stock) {
	for _, want := range suiteTables() {
		got, err := s.Inventory.Describe(s.ctx, want.Name)
		s.is("describe", err, nil)
		if diff := cmp.Diff(&want, got, cmpopts.EquateEmpty()); diff != "" {
			s.Errorf("table %s (-made +described):\n%s", want.Name, diff)
		}
	}
}

func unknownTable(s *stock) {
	none := cols("id")
	_, err := s.Inventory.Describe(s.ctx, "nowhere")
	s.fails("describe a table that is not there", err, storage.ErrNotFound, "nowhere")
	for what, call := range map[string]func(tx storage.InventoryTx) error{
		"rows": func(tx storage.InventoryTx) error {
			return endsWith(tx.Rows(s.ctx, storage.RowQuery{Table: "nowhere", Columns: none}))
		},
		"a pointer": func(tx storage.InventoryTx) error {
			return endsWith(tx.Rows(s.ctx, storage.RowQuery{Table: machines, Columns: none, In: []storage.Scope{where("site", pointed("nowhere"))}}))
		},
		"reserve": func(tx storage.InventoryTx) error { _, err := tx.Reserve(s.ctx, "nowhere", 1); return err },
		"insert":  func(tx storage.InventoryTx) error { return tx.Insert(s.ctx, "nowhere", none, given()) },
		"update": func(tx storage.InventoryTx) error {
			_, err := tx.Update(s.ctx, "nowhere", none, slices.Values[[]storage.RowChange](nil))
			return err
		},
		"delete": func(tx storage.InventoryTx) error { _, err := tx.Delete(s.ctx, "nowhere", none, given()); return err },
	} {
		tx := s.tx()
		s.fails(what+" of a table that is not there", call(tx), storage.ErrNotFound, "nowhere")
		s.is("close", tx.Close(), nil)
	}
}

func findingRows() inventoryGroup {
	find := func(name string, q storage.RowQuery, want ...row) inventoryCase {
		return inventoryCase{name: name, run: func(s *stock) {
			s.estate()
			if q.Columns == nil {
				q.Columns = cols("id")
			}
			s.found(name, nil, q, want...)
		}}
	}
	atNorth := where("site", pointed(sites, where("ref", "north")))
	var manyTuples []row
	for i := range 5000 {
		manyTuples = append(manyTuples, of(1, i))
	}
	return inventoryGroup{"rows", []inventoryCase{
		find("come with the columns that are asked for, in their order", storage.RowQuery{Table: machines, Columns: cols("ref weight id")},
			of("a", 10, 1), of("b", nil, 2), of("a", 10, 3), of("c", nil, 4)),
		find("are in a scope if all of its conditions hold", storage.RowQuery{Table: machines, In: []storage.Scope{where("ref", "a", "site", 1)}}, of(1)),
		find("are in one of several scopes, and come once", storage.RowQuery{
			Table: machines, In: []storage.Scope{where("ref", "a"), where("site", 1), where("weight", 10)},
		}, of(1), of(2), of(3)),
		find("are found by null as by any value", storage.RowQuery{Table: machines, In: []storage.Scope{where("weight", nil)}}, of(2), of(4)),
		find("are found by what they point at", storage.RowQuery{Table: machines, In: []storage.Scope{atNorth}}, of(1), of(2)),
		find("are found by what that points at in turn", storage.RowQuery{
			Table: disks, In: []storage.Scope{where("machine", pointed(machines, atNorth, where("ref", "c")), "size", 5)},
		}, of(11), of(14)),
		find("that point at nothing are not found by what they point at", storage.RowQuery{Table: machines, In: []storage.Scope{where("site", pointed(sites))}}, of(1), of(2), of(3)),
		find("are found by the kinds of a polymorphic pointer", storage.RowQuery{
			Table: machines, In: []storage.Scope{where("kind", "vm", "parent", pointed(machines, where("ref", "a"))), where("kind", "other", "parent", pointed(sites))},
		}, of(2)),
		find("are found among tuples", storage.RowQuery{Table: disks, Among: amongOf("machine ref", of(1, "x"), of(2, "y"), of(4, "x"))}, of(11), of(14)),
		find("are found among tuples with null", storage.RowQuery{Table: machines, Among: amongOf("site weight", of(1, nil), of(nil, nil), of(2, nil))}, of(2), of(4)),
		find("come once if a tuple is given twice", storage.RowQuery{Table: machines, Among: amongOf("ref", of("a"), of("b"), of("a"))}, of(1), of(2), of(3)),
		find("among no tuples are none", storage.RowQuery{Table: machines, Among: amongOf("ref")}),
		find("are both among the tuples and in a scope", storage.RowQuery{
			Table: machines, In: []storage.Scope{where("site", 1), where("site", 2)}, Among: amongOf("ref", of("a"), of("c")),
		}, of(1), of(3)),
		find("are found among many tuples", storage.RowQuery{Table: disks, Columns: cols("ref"), Among: amongOf("machine size", manyTuples...)}, of("x"), of("y")),
		{name: "have names that are no words of a language", run: strangeNames},
		{name: "are not found by columns that are not there", run: unknownColumns},
	}}
}

// estate saves some rows of all tables that point at each other.
func (s *stock) estate() {
	s.Helper()
	s.save(
		s.inserts(sites, "id ref", of(1, "north"), of(2, "south")),
		s.inserts(machines, "id site ref weight parent kind", of(1, 1, "a", 10, nil, "host"), of(2, 1, "b", nil, 1, "vm"), of(3, 2, "a", 10, nil, "host"), of(4, nil, "c", nil, nil, "vm")),
		s.inserts(disks, "id machine ref size", of(11, 1, "x", 5), of(12, 1, "y", 6), of(13, 3, "x", 5), of(14, 4, "x", 5)),
		s.inserts(plugs, "machine disk note", of(1, 11, "left"), of(1, 12, nil), of(2, 11, nil)),
	)
}

func strangeNames(s *stock) {
	const text, size = `select "a".b`, "Größe'; --"
	columns := []storage.Column{{Name: "Primary"}, {Name: text}, {Name: size}}
	s.save(func(tx storage.InventoryTx) {
		s.is("insert", tx.Insert(s.ctx, oddNames, columns, given(of("it's", `"`, 1), of("b", "'", 2), of("c", "c", 3))), nil)
		missed, err := tx.Update(s.ctx, oddNames, columns[1:], slices.Values([]storage.RowChange{{ID: of("it's")[0], Old: of(`"`, 1), New: of(`""`, 4)}}))
		s.is("update", err, nil)
		s.same("what was missed", len(missed), 0)
		n, err := tx.Delete(s.ctx, oddNames, columns[1:2], given(of("'")))
		s.is("delete", err, nil)
		s.same("how many were deleted", n, 1)
	})
	all := []storage.Scope{{{Column: text, Is: of(`""`)[0]}}}
	s.found("the row, by its strange column", nil, storage.RowQuery{Table: oddNames, Columns: columns, In: all}, of("it's", `""`, 4))
	tuples := &storage.Among{Columns: columns[2:], Tuples: []row{of(3), of(2)}}
	s.found("the row, among tuples", nil, storage.RowQuery{Table: oddNames, Columns: columns, Among: tuples}, of("c", "c", 3))
}

func unknownColumns(s *stock) {
	for what, q := range map[string]storage.RowQuery{
		"a column":           {Table: machines, Columns: cols("id nothing")},
		"a condition":        {Table: machines, Columns: cols("id"), In: []storage.Scope{where("nothing", 1)}},
		"a condition beyond": {Table: disks, Columns: cols("id"), In: []storage.Scope{where("machine", pointed(machines, where("nothing", 1)))}},
		"tuples":             {Table: machines, Columns: cols("id"), Among: amongOf("ref nothing", of("a", 1))},
	} {
		v := s.view(s.Inventory)
		s.fails(what+" that is not there", endsWith(v.Rows(s.ctx, q)), storage.ErrInvalid, "nothing", machines)
		s.is("close", v.Close(), nil)
	}
	for what, q := range map[string]storage.RowQuery{
		"a column twice":    {Table: machines, Columns: cols("id ref id")},
		"no columns":        {Table: machines},
		"a tuple too short": {Table: machines, Columns: cols("id"), Among: amongOf("ref site", of("a"))},
		"a tuple too long":  {Table: machines, Columns: cols("id"), Among: amongOf("ref", of("a", 1))},
	} {
		v := s.view(s.Inventory)
		s.fails(what, endsWith(v.Rows(s.ctx, q)), storage.ErrInvalid, machines)
		s.is("close", v.Close(), nil)
	}
}
