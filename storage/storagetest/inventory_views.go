package storagetest

import (
	"context"

	"github.com/reeve-go/reeve/storage"
)

func viewing() inventoryGroup {
	return inventoryGroup{"views", []inventoryCase{
		{name: "are of one moment", run: oneMoment},
		{name: "do not see what is not committed", run: beforeTheCommit},
		{name: "do one thing at a time", run: oneThingAtATime},
		{name: "go on after a sequence that was left early", run: leftEarly},
		{name: "can be closed twice, and only closed after that", run: afterClosing},
		{name: "can only be closed after an error", run: afterAnError},
		{name: "do not begin or read under an ended context", run: endedViews},
	}}
}

func oneMoment(s *stock) {
	s.estate()
	other := s.second()
	v := s.view(other)
	s.save(s.deletes(plugs, "disk", of(12)), s.inserts(sites, "id ref", of(3, "west")))
	s.there("the rows of a view that is older than a save", v, sites, "id", of(1), of(2))
	s.there("its other rows", v, plugs, "disk", of(11), of(11), of(12))
	s.there("the rows of a new view", s.view(other), sites, "id", of(1), of(2), of(3))
}

func beforeTheCommit(s *stock) {
	s.estate()
	other := s.second()
	tx := s.tx()
	s.inserts(sites, "id ref", of(3, "west"))(tx)
	s.updates(sites, "ref", storage.RowChange{ID: of(1)[0], New: of("NORTH")})(tx)
	s.there("what the save sees itself", tx, sites, "id ref", of(1, "NORTH"), of(2, "south"), of(3, "west"))
	s.there("the rows beside a save", s.view(other), sites, "id ref", of(1, "north"), of(2, "south"))
	saves, err := other.Saves(s.ctx, scopeOne)
	s.is("saves", err, nil)
	s.same("how many saves there are beside a save", saves, uint64(1))
	s.commit(tx)
	s.there("the rows after it", s.view(other), sites, "id ref", of(1, "NORTH"), of(2, "south"), of(3, "west"))
}

func oneThingAtATime(s *stock) {
	s.estate()
	tx := s.tx()
	q := storage.RowQuery{Table: sites, Columns: cols("id")}
	n := 0
	for _, err := range tx.Rows(s.ctx, q) {
		s.is("rows", err, nil)
		s.is("rows while rows are read", endsWith(tx.Rows(s.ctx, q)), storage.ErrInvalid)
		s.is("an insertion while rows are read", tx.Insert(s.ctx, sites, cols("ref"), given(of("x"))), storage.ErrInvalid)
		s.is("a commit while rows are read", tx.Commit(s.ctx), storage.ErrInvalid)
		s.is("closing while rows are read", tx.Close(), storage.ErrInvalid)
		n++
	}
	s.same("how many rows were read all the same", n, 2)
	s.is("an insertion that reads", tx.Insert(s.ctx, sites, cols("ref"), func(yield func(row) bool) {
		s.is("rows while rows are given", endsWith(tx.Rows(s.ctx, q)), storage.ErrInvalid)
		yield(of("third"))
	}), nil)
	s.commit(tx)
	s.there("the rows, with one that was inserted all the same", nil, sites, "ref", of("north"), of("south"), of("third"))
}

func leftEarly(s *stock) {
	s.estate()
	tx := s.tx()
	q := storage.RowQuery{Table: disks, Columns: cols("id"), Among: amongOf("ref", of("x"), of("y"))}
	for range 3 {
		for _, err := range tx.Rows(s.ctx, q) {
			s.is("rows", err, nil)
			break
		}
	}
	s.inserts(sites, "id ref", of(3, "west"))(tx)
	s.there("the rows, after some sequences were left", tx, sites, "id", of(1), of(2), of(3))
}

func afterClosing(s *stock) {
	v := s.view(s.Inventory)
	s.is("close", v.Close(), nil)
	s.is("close again", v.Close(), nil)
	if endsWith(v.Rows(s.ctx, storage.RowQuery{Table: sites, Columns: cols("id")})) == nil {
		s.Error("rows of a closed view are read; that is an error")
	}
	for what, end := range map[string]func(tx storage.InventoryTx) error{
		"rolled back": func(tx storage.InventoryTx) error { return tx.Close() },
		"committed":   func(tx storage.InventoryTx) error { return tx.Commit(s.ctx) },
	} {
		tx := s.tx()
		s.is("the end", end(tx), nil)
		s.is("close", tx.Close(), nil)
		if tx.Insert(s.ctx, sites, cols("ref"), given(of("x"))) == nil {
			s.Errorf("a save that was %s takes a row; that is an error", what)
		}
		if tx.Commit(s.ctx) == nil {
			s.Errorf("a save that was %s is committed; that is an error", what)
		}
	}
	s.there("the rows, after closing", nil, sites, "id")
}

func afterAnError(s *stock) {
	s.estate()
	for what, call := range map[string]func(tx storage.InventoryTx) error{
		"a conflict": func(tx storage.InventoryTx) error {
			return tx.Insert(s.ctx, sites, cols("ref"), given(of("west"), of("north")))
		},
		"a value that is wrong": func(tx storage.InventoryTx) error {
			return tx.Insert(s.ctx, sites, cols("ref"), given(of("west"), of("a\x00b")))
		},
		"a wrong table": func(tx storage.InventoryTx) error { return tx.Insert(s.ctx, "nowhere", cols("ref"), given()) },
		"rows that failed": func(tx storage.InventoryTx) error {
			return endsWith(tx.Rows(s.ctx, storage.RowQuery{Table: "nowhere"}))
		},
		"an ended context": func(tx storage.InventoryTx) error {
			return tx.Insert(s.canceled(), sites, cols("ref"), given(of("west")))
		},
	} {
		tx := s.tx()
		s.inserts(sites, "id ref", of(9, "before"))(tx)
		if call(tx) == nil {
			s.Fatalf("%s is no error", what)
		}
		if tx.Insert(s.ctx, sites, cols("ref"), given(of("after"))) == nil {
			s.Errorf("after %s the save takes rows; that is an error", what)
		}
		if tx.Commit(s.ctx) == nil {
			s.Errorf("after %s the save is committed; that is an error", what)
		}
		s.is("close", tx.Close(), nil)
		s.there("the rows after a save with an error, "+what, nil, sites, "ref", of("north"), of("south"))
	}
}

func endedViews(s *stock) {
	s.estate()
	_, err := s.Inventory.View(s.canceled())
	s.is("view", err, context.Canceled)
	_, err = s.Inventory.Begin(s.canceled(), storage.Fence{Scope: scopeOne, Token: 1})
	s.is("begin", err, context.Canceled)
	_, err = s.Inventory.Saves(s.canceled(), scopeOne)
	s.is("saves", err, context.Canceled)
	v := s.view(s.Inventory)
	s.is("rows", endsWith(v.Rows(s.canceled(), storage.RowQuery{Table: sites, Columns: cols("id")})), context.Canceled)
	s.is("close", v.Close(), nil)

	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	v = s.view(s.Inventory)
	var last error
	for _, err := range v.Rows(ctx, storage.RowQuery{Table: disks, Columns: cols("id")}) {
		cancel()
		last = err
	}
	s.is("rows whose context ends meanwhile", last, context.Canceled)
	s.is("close", v.Close(), nil)
}
