package storagetest

import (
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

func inserting() inventoryGroup {
	return inventoryGroup{"insert", []inventoryCase{
		{name: "leaves what is not named at its default or null", run: insertDefaults},
		{name: "refuses what is there already", run: conflicts("insert", func(tx storage.InventoryTx, s *stock) error {
			return tx.Insert(s.ctx, machines, cols("site ref"), given(of(2, "new"), of(1, "b")))
		})},
		{name: "refuses an id that is there already", run: conflicts("insert", func(tx storage.InventoryTx, s *stock) error {
			return tx.Insert(s.ctx, sites, cols("id ref"), given(of(2, "new")))
		})},
		{name: "refuses what is twice in it", run: conflicts("insert", func(tx storage.InventoryTx, s *stock) error {
			return tx.Insert(s.ctx, plugs, cols("machine disk"), given(of(4, 14), of(4, 14)))
		})},
		{name: "refuses what points at nothing", run: conflicts("insert", func(tx storage.InventoryTx, s *stock) error {
			return tx.Insert(s.ctx, disks, cols("machine ref"), given(of(1, "new"), of(99, "new")))
		})},
		{name: "takes null for unlike any other in what is unique", run: nullsAreUnlike},
		{name: "lets a row point at itself and those before it", run: pointAtSelf},
		{name: "keeps nothing of what it is given", run: func(s *stock) {
			s.save(s.inserts(sites, "id ref", of(1, "a"), of(2, "b"), of(3, "c")))
			s.there("rows that were given in the same slice", nil, sites, "id ref", of(1, "a"), of(2, "b"), of(3, "c"))
		}},
		{name: "takes any number of rows", run: anyNumber},
		{name: "refuses rows and columns that do not fit", run: insertMisfits},
	}}
}

// conflicts is a test of a call that breaks a unique index or a reference of the estate.
func conflicts(what string, call func(tx storage.InventoryTx, s *stock) error) func(*stock) {
	return func(s *stock) {
		s.estate()
		tx := s.tx()
		s.is(what, call(tx, s), storage.ErrConflict)
	}
}

func insertDefaults(s *stock) {
	s.save(s.inserts(machines, "ref", of("a"), of("b")))
	s.there("columns that were not given", nil, machines, "ref name site kind", of("a", nil, nil, ""), of("b", nil, nil, ""))
	ids := s.find(s.view(s.Inventory), storage.RowQuery{Table: machines, Columns: cols("id")})
	if len(ids) != 2 || ids[0][0].Kind() != storage.IntKind || ids[0][0] == ids[1][0] {
		s.Errorf("rows that were inserted without ids have the ids %v; each gets one of its own", ids)
	}
}

func nullsAreUnlike(s *stock) {
	s.save(s.inserts(machines, "site ref", of(nil, "a"), of(nil, "a")))
	s.there("two rows with null in what is unique", nil, machines, "site ref", of(nil, "a"), of(nil, "a"))
}

func pointAtSelf(s *stock) {
	s.save(s.inserts(machines, "id ref parent", of(1, "a", 1), of(2, "b", 1), of(3, "c", 2)))
	s.there("rows that point at each other", nil, machines, "id parent", of(1, 1), of(2, 1), of(3, 2))
}

func anyNumber(s *stock) {
	var want []row
	for _, n := range []int{0, 1, 3, 17, 64, 65, 200} {
		var rows []row
		for range n {
			rows = append(rows, of(len(want)+len(rows)+1, "x", n))
		}
		s.save(s.inserts(machines, "id ref weight", rows...))
		want = append(want, rows...)
		s.there("all rows until now", nil, machines, "id ref weight", slices.Clone(want)...)
	}
}

func insertMisfits(s *stock) {
	for what, insert := range map[string]func(tx storage.InventoryTx) error{
		"a row that is too short": func(tx storage.InventoryTx) error { return tx.Insert(s.ctx, sites, cols("id ref"), given(of(1))) },
		"a row that is too long":  func(tx storage.InventoryTx) error { return tx.Insert(s.ctx, sites, cols("ref"), given(of("a", 1))) },
		"a column twice": func(tx storage.InventoryTx) error {
			return tx.Insert(s.ctx, sites, cols("ref ref"), given(of("a", "a")))
		},
		"a column that is not there": func(tx storage.InventoryTx) error {
			return tx.Insert(s.ctx, sites, cols("ref nothing"), given(of("a", "a")))
		},
		"no columns": func(tx storage.InventoryTx) error { return tx.Insert(s.ctx, sites, nil, given(of())) },
	} {
		tx := s.tx()
		s.fails(what, insert(tx), storage.ErrInvalid, sites)
		s.is("close", tx.Close(), nil)
	}
}

// change is one of a row by its id; old may be nil.
func change(id int, old, to row) storage.RowChange {
	return storage.RowChange{ID: of(id)[0], Old: old, New: to}
}

func updating() inventoryGroup {
	return inventoryGroup{"update", []inventoryCase{
		{name: "changes the columns that are named, and no others", run: func(s *stock) {
			s.estate()
			s.save(s.updates(machines, "weight name", change(1, nil, of(11, "first")), change(2, nil, of(nil, "second"))))
			s.there("the machines", nil, machines, "id site ref weight name parent kind", of(1, 1, "a", 11, "first", nil, "host"),
				of(2, 1, "b", nil, "second", 1, "vm"), of(3, 2, "a", 10, nil, nil, "host"), of(4, nil, "c", nil, nil, nil, "vm"))
		}},
		{name: "returns the ids of rows that are not there", run: func(s *stock) {
			s.estate()
			s.save(func(tx storage.InventoryTx) {
				s.misses(tx, of(99, 98), change(1, nil, of(11)), change(99, nil, of(1)), change(3, nil, of(13)), change(98, nil, of(1)))
			})
			s.there("the machines", nil, machines, "id weight", of(1, 11), of(2, nil), of(3, 13), of(4, nil))
		}},
		{name: "leaves a row alone that is not as it was", run: func(s *stock) {
			s.estate()
			s.save(func(tx storage.InventoryTx) {
				s.misses(tx, of(3, 4), change(1, of(10), of(11)), change(2, of(nil), of(12)), change(3, of(9), of(13)), change(4, of(10), of(14)))
			})
			s.there("the machines", nil, machines, "id weight", of(1, 11), of(2, 12), of(3, 10), of(4, nil))
		}},
		{name: "refuses what is there already", run: conflicts("update", func(tx storage.InventoryTx, s *stock) error {
			_, err := tx.Update(s.ctx, machines, cols("ref"), slices.Values([]storage.RowChange{change(2, nil, of("a"))}))
			return err
		})},
		{name: "refuses what points at nothing", run: conflicts("update", func(tx storage.InventoryTx, s *stock) error {
			_, err := tx.Update(s.ctx, machines, cols("parent"), slices.Values([]storage.RowChange{change(2, nil, of(99))}))
			return err
		})},
		{name: "gives rows what those before them had", run: func(s *stock) {
			s.shifts(nil, of(1), of(2), of(3), of(4), of(5), of(6), of(7), of(8), of(9))
		}},
		{name: "refuses to give a row what one after it still has", run: func(s *stock) {
			s.shifts(storage.ErrConflict, of(1), of(2), of(4), of(3), of(5), of(6), of(7), of(8), of(9))
		}},
		{name: "makes links in a second pass", run: func(s *stock) {
			s.estate()
			s.save(s.updates(machines, "parent", change(1, nil, of(4)), change(4, nil, of(1)), change(2, nil, of(nil))))
			s.there("the machines, which point at each other", nil, machines, "id parent", of(1, 4), of(2, nil), of(3, nil), of(4, 1))
		}},
		{name: "keeps nothing of what it is given", run: func(s *stock) {
			s.estate()
			same := of(0)
			s.save(func(tx storage.InventoryTx) {
				_, err := tx.Update(s.ctx, machines, cols("weight"), func(yield func(storage.RowChange) bool) {
					for i := range 4 {
						same[0] = of(i + 20)[0]
						if !yield(change(i+1, nil, same)) {
							return
						}
					}
				})
				s.is("update", err, nil)
			})
			s.there("the machines", nil, machines, "id weight", of(1, 20), of(2, 21), of(3, 22), of(4, 23))
		}},
		{name: "refuses changes and columns that do not fit", run: updateMisfits},
	}}
}

// shifts gives each of some machines in this order the ref of the one whose id is one less, and demands that this ends so.
func (s *stock) shifts(want error, ids ...row) {
	s.Helper()
	ref := func(id int64) string { return fmt.Sprint("ref ", id) }
	var rows, shifted []row
	var changes []storage.RowChange
	for _, id := range ids {
		n := id[0].Int()
		rows, shifted = append(rows, of(int(n), 1, ref(n))), append(shifted, of(int(n), ref(n-1)))
		changes = append(changes, change(int(n), nil, of(ref(n-1))))
	}
	s.save(s.inserts(sites, "id ref", of(1, "north")), s.inserts(machines, "id site ref", rows...))
	tx := s.tx()
	_, err := tx.Update(s.ctx, machines, cols("ref"), slices.Values(changes))
	s.is("update", err, want)
	if want == nil {
		s.there("machines with the refs of those before them", tx, machines, "id ref", shifted...)
	}
}

// misses updates the weights of machines, and demands that some are missed.
func (s *stock) misses(tx storage.InventoryTx, want row, changes ...storage.RowChange) {
	s.Helper()
	missed, err := tx.Update(s.ctx, machines, cols("weight"), slices.Values(changes))
	s.is("update", err, nil)
	if !slices.Equal(missed, want) {
		s.Errorf("the update missed the rows %v; it must miss %v", missed, want)
	}
}

func updateMisfits(s *stock) {
	s.estate()
	one := of(1)[0]
	for what, c := range map[string]struct {
		table, columns string
		change         storage.RowChange
	}{
		"an id that changes":          {sites, "id", storage.RowChange{ID: one, New: of(7)}},
		"a table without ids":         {plugs, "note", storage.RowChange{ID: one, New: of("a")}},
		"too few new values":          {machines, "ref name", storage.RowChange{ID: one, New: of("a")}},
		"too many old values":         {machines, "ref", storage.RowChange{ID: one, New: of("a"), Old: of("a", "b")}},
		"a column that is not there":  {machines, "nothing", storage.RowChange{ID: one, New: of("a")}},
		"an id of another type":       {machines, "ref", storage.RowChange{ID: of("first")[0], New: of("a")}},
		"an id that is null":          {machines, "ref", storage.RowChange{New: of("a")}},
		"an old value of wrong type":  {machines, "weight", storage.RowChange{ID: one, New: of(1), Old: of("heavy")}},
		"the same column given twice": {machines, "ref ref", storage.RowChange{ID: one, New: of("a", "a")}},
	} {
		tx := s.tx()
		_, err := tx.Update(s.ctx, c.table, cols(c.columns), slices.Values([]storage.RowChange{c.change}))
		s.fails(what, err, storage.ErrInvalid, c.table)
		s.is("close", tx.Close(), nil)
	}
}

func deleting() inventoryGroup {
	pointedAt := func(table string, id int) inventoryCase {
		return inventoryCase{name: "refuses a " + table + " that is pointed at", run: conflicts("delete", func(tx storage.InventoryTx, s *stock) error {
			_, err := tx.Delete(s.ctx, table, cols("id"), given(of(id)))
			return err
		})}
	}
	return inventoryGroup{"delete", []inventoryCase{
		{name: "removes the rows with the ids, and no others", run: func(s *stock) {
			s.estate()
			s.save(s.deletes(disks, "id", of(13), of(14)))
			s.there("the disks", nil, disks, "id", of(11), of(12))
		}},
		{name: "returns how many there were", run: func(s *stock) {
			s.estate()
			s.save(func(tx storage.InventoryTx) {
				n, err := tx.Delete(s.ctx, disks, cols("id"), given(of(13), of(98), of(14), of(13)))
				s.is("delete", err, nil)
				s.same("how many disks were deleted", n, 2)
				n, err = tx.Delete(s.ctx, disks, cols("id"), given(of(99)))
				s.is("delete", err, nil)
				s.same("how many disks were deleted that are not there", n, 0)
			})
		}},
		{name: "removes the rows that have all values of a tuple", run: func(s *stock) {
			s.estate()
			s.save(s.deletes(plugs, "machine disk", of(1, 12), of(2, 11)))
			s.there("the plugs", nil, plugs, "machine disk", of(1, 11))
		}},
		{name: "removes all rows that a tuple is of", run: func(s *stock) {
			s.estate()
			s.save(func(tx storage.InventoryTx) {
				n, err := tx.Delete(s.ctx, plugs, cols("machine"), given(of(1)))
				s.is("delete", err, nil)
				s.same("how many plugs were deleted", n, 2)
			})
			s.there("the plugs", nil, plugs, "machine disk", of(2, 11))
		}},
		{name: "takes null for equal to null", run: func(s *stock) {
			s.estate()
			s.save(s.deletes(plugs, "machine note", of(2, nil)))
			s.there("the plugs", nil, plugs, "machine disk", of(1, 11), of(1, 12))
		}},
		pointedAt(machines, 4), pointedAt(sites, 2), pointedAt(disks, 12),
		{name: "removes what is pointed at after what points at it", run: func(s *stock) {
			s.estate()
			s.save(s.deletes(plugs, "machine", of(2)), s.deletes(machines, "id", of(2)), s.deletes(plugs, "disk", of(11), of(12)),
				s.deletes(disks, "id", of(11), of(12)), s.deletes(machines, "id", of(1)))
			s.there("the machines", nil, machines, "id", of(3), of(4))
			s.save(s.inserts(machines, "id ref parent", of(5, "e", 5), of(6, "f", 5)), s.deletes(machines, "id", of(6), of(5)))
			s.there("the machines, after those that pointed at themselves", nil, machines, "id", of(3), of(4))
		}},
		{name: "removes the rows of a tuple together", run: func(s *stock) {
			s.save(s.inserts(machines, "id ref weight parent", of(1, "a", 5, nil), of(2, "b", 5, 1), of(3, "c", 6, nil)))
			s.save(s.updates(machines, "parent", change(1, nil, of(2))))
			s.save(func(tx storage.InventoryTx) {
				n, err := tx.Delete(s.ctx, machines, cols("weight"), given(of(5)))
				s.is("delete", err, nil)
				s.same("how many machines that point at each other were deleted", n, 2)
			})
			s.there("the machines", nil, machines, "id", of(3))
		}},
		{name: "makes room for rows like those that were removed", run: func(s *stock) {
			s.estate()
			s.save(s.deletes(disks, "id", of(14)), s.inserts(disks, "id machine ref", of(15, 4, "x")))
			s.there("the disks", nil, disks, "id", of(11), of(12), of(13), of(15))
		}},
		{name: "refuses tuples that do not fit", run: func(s *stock) {
			for what, tuple := range map[string]row{"too short": of(1), "too long": of(1, 1, 1), "of other types": of("first", 1)} {
				tx := s.tx()
				_, err := tx.Delete(s.ctx, plugs, cols("machine disk"), given(tuple))
				s.fails("a tuple that is "+what, err, storage.ErrInvalid, plugs)
				s.is("close", tx.Close(), nil)
			}
		}},
	}}
}
