package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func saving() inventoryGroup {
	return inventoryGroup{"saves", []inventoryCase{
		{name: "become true with their commit, all of it", run: func(s *stock) {
			s.estate()
			s.there("the sites", nil, sites, "id", of(1), of(2))
			s.there("the machines", nil, machines, "id", of(1), of(2), of(3), of(4))
			s.there("the disks", nil, disks, "id", of(11), of(12), of(13), of(14))
		}},
		{name: "leave nothing when they are rolled back", run: rolledBack},
		{name: "have a number in their scope", run: numbersOfSaves},
		{name: "of one scope wait for each other", run: waitInScope, slow: true},
		{name: "that wait can be given up", run: waitGivenUp},
		{name: "of several scopes lose nothing", run: manyScopes, slow: true},
		{name: "are not committed under an ended context", run: func(s *stock) {
			tx := s.tx()
			s.inserts(sites, "id ref", of(1, "a"))(tx)
			s.is("commit", tx.Commit(s.canceled()), context.Canceled)
			s.is("close", tx.Close(), nil)
			s.there("the sites", nil, sites, "id")
		}},
		{name: "go on when the context of their beginning has ended", run: func(s *stock) {
			ctx, cancel := context.WithCancel(s.ctx)
			tx, err := s.Inventory.Begin(ctx, storage.Fence{Scope: scopeOne})
			s.is("begin", err, nil)
			cancel()
			s.inserts(sites, "id ref", of(1, "a"))(tx)
			s.commit(tx)
			s.there("the sites", nil, sites, "id", of(1))
		}},
	}}
}

func rolledBack(s *stock) {
	s.estate()
	tx := s.txAt(scopeOne, 7)
	s.inserts(sites, "id ref", of(3, "west"))(tx)
	s.updates(machines, "weight", storage.RowChange{ID: of(1)[0], New: of(11)})(tx)
	s.deletes(plugs, "machine", of(2))(tx)
	s.is("touch", tx.Touch(s.ctx, slices.Values([]storage.Touched{{Table: "a", Key: "b"}})), nil)
	s.is("close", tx.Close(), nil)
	s.there("the sites", nil, sites, "id", of(1), of(2))
	s.there("the machines", nil, machines, "id weight", of(1, 10), of(2, nil), of(3, 10), of(4, nil))
	s.there("the plugs", nil, plugs, "machine", of(1), of(1), of(2))
	tx = s.txAt(scopeOne, 1) // its token is forgotten, too
	s.same("the number of the next save", tx.Number(), uint64(2))
	s.touchedAre("what was touched", tx, 0)
}

func numbersOfSaves(s *stock) {
	saves := func(scope string, want uint64) {
		s.Helper()
		n, err := s.Inventory.Saves(s.ctx, scope)
		s.is("saves", err, nil)
		s.same("how many saves there were in scope "+scope, n, want)
	}
	saves("a", 0)
	for i := range uint64(3) {
		s.saveAt("a", 1, func(tx storage.InventoryTx) { s.same("the number of a save", tx.Number(), i+1) })
		saves("a", i+1)
	}
	s.saveAt("b", 1, func(tx storage.InventoryTx) { s.same("the number of a save in another scope", tx.Number(), uint64(1)) })
	tx := s.txAt("a", 1)
	s.same("the number of the next save", tx.Number(), uint64(4))
	s.is("close", tx.Close(), nil)
	saves("a", 3)
	saves("b", 1)
}

// alongside calls do in goroutines, each on an inventory of its own, and waits for them.
func (s *stock) alongside(n int, do func(i int, in storage.Inventory) error) {
	s.Helper()
	var all sync.WaitGroup
	failures := make(chan error, n)
	for i := range n {
		in := s.second()
		all.Go(func() { failures <- do(i, in) })
	}
	all.Wait()
	close(failures)
	for err := range failures {
		s.is("what is done alongside", err, nil)
	}
}

const moment = 30 * time.Millisecond

func waitInScope(s *stock) {
	s.estate()
	other := s.second() // which may have to write
	tx := s.tx()
	added := make(chan error, 1)
	go func() { added <- s.addTo(other, scopeOne, 1) }()
	sleep(moment) // for the other to come so far
	s.updates(machines, "weight", storage.RowChange{ID: of(1)[0], New: of(100)})(tx)
	s.commit(tx)
	s.is("a save that waited", <-added, nil)
	s.there("a weight to which another save has added", nil, machines, "id weight", of(1, 101), of(2, nil), of(3, 10), of(4, nil))
	n, err := s.Inventory.Saves(s.ctx, scopeOne)
	s.is("saves", err, nil)
	s.same("how many saves there were", n, uint64(3))

	const crew, times = 4, 10
	s.alongside(crew, func(_ int, in storage.Inventory) error {
		var err error
		for range times {
			err = errors.Join(err, s.addTo(in, scopeOne, 3))
		}
		return err
	})
	s.found("a weight to which several have added", nil, storage.RowQuery{
		Table: machines, Columns: cols("weight"), In: []storage.Scope{where("id", 3)},
	}, of(10+crew*times))
}

// addTo adds one to the weight of a machine.
func (s *stock) addTo(in storage.Inventory, scope string, id int) error {
	tx, err := in.Begin(s.ctx, storage.Fence{Scope: scope, Token: 1})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Close() }()
	var weight int64
	for r, err := range tx.Rows(s.ctx, storage.RowQuery{Table: machines, Columns: cols("weight"), In: []storage.Scope{where("id", id)}}) {
		if err != nil {
			return err
		}
		weight = r[0].Int()
	}
	changes := slices.Values([]storage.RowChange{{ID: of(id)[0], New: of(int(weight) + 1)}})
	if _, err := tx.Update(s.ctx, machines, cols("weight"), changes); err != nil {
		return err
	}
	return tx.Commit(s.ctx)
}

func waitGivenUp(s *stock) {
	tx := s.tx()
	ctx, cancel := context.WithCancel(s.ctx)
	ended := make(chan error, 1)
	go func() {
		_, err := s.Inventory.Begin(ctx, storage.Fence{Scope: scopeOne, Token: 1})
		ended <- err
	}()
	sleep(moment)
	cancel()
	select {
	case err := <-ended:
		s.is("a save that waited until its context ended", err, context.Canceled)
	case <-time.After(s.patience):
		s.Fatal("a save waits on although its context has ended")
	}
	s.inserts(sites, "id ref", of(1, "a"))(tx)
	s.commit(tx)
	s.save(s.inserts(sites, "id ref", of(2, "b")))
	s.there("the sites", nil, sites, "id", of(1), of(2))
}

func manyScopes(s *stock) {
	s.estate()
	const times = 10
	s.alongside(4, func(i int, in storage.Inventory) error {
		var err error
		for range times {
			err = errors.Join(err, s.addTo(in, fmt.Sprint("scope ", i), i+1))
		}
		return err
	})
	s.there("weights to which saves of several scopes have added", nil, machines, "id weight",
		of(1, 10+times), of(2, times), of(3, 10+times), of(4, times))
}
