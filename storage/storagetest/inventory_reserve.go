package storagetest

import (
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

func reserving() inventoryGroup {
	return inventoryGroup{"reserve", []inventoryCase{
		{name: "gives ids that no row has", run: reservedAreFree},
		{name: "gives an id once", run: reservedOnce},
		{name: "gives UUIDs", run: reservedUUIDs},
		{name: "gives none where they are neither integers nor UUIDs", run: func(s *stock) {
			for _, table := range []string{oddNames, plugs} {
				tx := s.tx()
				_, err := tx.Reserve(s.ctx, table, 1)
				s.fails("reserve", err, storage.ErrInvalid, fmt.Sprintf("%q", table))
				s.is("close", tx.Close(), nil)
			}
		}},
		{name: "demands that rows bring their ids", run: func(s *stock) {
			tx := s.tx()
			_, err := tx.Reserve(s.ctx, machines, 1)
			s.is("reserve", err, nil)
			s.inserts(sites, "ref", of("a"))(tx)
			s.fails("an insertion without ids", tx.Insert(s.ctx, machines, cols("ref"), given(of("a"))), storage.ErrInvalid, machines, "id")
		}},
	}}
}

func (s *stock) reserve(tx storage.InventoryTx, table string, n int) []storage.Value {
	s.Helper()
	ids, err := tx.Reserve(s.ctx, table, n)
	s.is("reserve", err, nil)
	s.same("how many ids were reserved", len(ids), n)
	return ids
}

func reservedAreFree(s *stock) {
	s.estate()
	s.save(func(tx storage.InventoryTx) {
		s.inserts(machines, "id ref", of(1000, "far"))(tx)
		ids := s.reserve(tx, machines, 3)
		s.inserts(machines, "id ref parent", of(ids[2], "r", ids[2]), of(ids[0], "p", ids[2]), of(ids[1], "q", nil))(tx)
	})
	s.save(s.inserts(machines, "ref", of("without")))
	s.found("how many machines there are", nil, storage.RowQuery{
		Table: machines, Columns: cols("ref"), In: []storage.Scope{where("parent", nil)},
	}, of("a"), of("a"), of("c"), of("far"), of("q"), of("without"))
}

func reservedOnce(s *stock) {
	seen := map[storage.Value]bool{}
	note := func(ids []storage.Value) {
		for _, id := range ids {
			if seen[id] {
				s.Errorf("the id %v was reserved twice", id)
			}
			seen[id] = true
		}
	}
	s.save(func(tx storage.InventoryTx) {
		note(s.reserve(tx, machines, 0))
		ids := s.reserve(tx, machines, 2)
		note(ids)
		note(s.reserve(tx, machines, 100))
		s.inserts(machines, "id ref", of(ids[1], "used"))(tx)
		last := s.reserve(tx, machines, 1)
		note(last)
		s.inserts(machines, "id ref", of(last[0], "last"))(tx)
	})
	s.save(func(tx storage.InventoryTx) { note(s.reserve(tx, machines, 10)) })
}

func reservedUUIDs(s *stock) {
	s.save(func(tx storage.InventoryTx) {
		ids := s.reserve(tx, badges, 2)
		s.inserts(badges, "id holder", of(ids[0], "a"), of(ids[1], "b"))(tx)
		for _, id := range ids {
			if as, err := id.As(storage.UUIDType); err != nil || as != id {
				s.Errorf("the id %v was reserved; a UUID is right", id)
			}
		}
	})
	s.there("the badges", nil, badges, "holder", of("a"), of("b"))
}
