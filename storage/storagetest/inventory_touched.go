package storagetest

import (
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

func touching() inventoryGroup {
	return inventoryGroup{"touched rows", []inventoryCase{
		{name: "are those of saves after a number", run: touchedAfter},
		{name: "are not those of the save itself", run: func(s *stock) {
			s.save(s.touches("a", "b"))
			tx := s.tx()
			s.touches("b", "c")(tx)
			s.touchedAre("what saves before touched", tx, 0, "a", "b")
			s.touchedAre("what saves after the last touched", tx, 1)
		}},
		{name: "are a scope's own", run: func(s *stock) {
			s.saveAt("one", 1, s.touches("a"))
			s.saveAt("two", 1, s.touches("b"))
			s.touchedAre("what was touched in a scope", s.txAt("two", 1), 0, "b")
		}},
		{name: "have any bytes as their key", run: func(s *stock) {
			strange := []string{"", "\x00\xff\x00", "'", fmt.Sprintf("%01024d", 1)}
			s.save(s.touches(strange...))
			s.touchedAre("what was touched", s.tx(), 0, strange...)
		}},
		{name: "are of their tables", run: func(s *stock) {
			rows := []storage.Touched{{Table: "a", Key: "k"}, {Table: "b", Key: "k"}, {Key: "k"}}
			s.save(func(tx storage.InventoryTx) { s.is("touch", tx.Touch(s.ctx, slices.Values(rows)), nil) })
			tx, got := s.tx(), map[storage.Touched]bool{}
			for row, err := range tx.Touched(s.ctx, 0) {
				s.is("touched", err, nil)
				got[row] = true
			}
			s.same("what was touched", got, map[storage.Touched]bool{rows[0]: true, rows[1]: true, rows[2]: true})
		}},
		{name: "that are too large are refused", run: func(s *stock) {
			for _, row := range []storage.Touched{{Key: fmt.Sprintf("%01025d", 1)}, {Table: fmt.Sprintf("%0256d", 1)}} {
				tx := s.tx()
				s.is("touch", tx.Touch(s.ctx, slices.Values([]storage.Touched{row})), storage.ErrTooLarge)
				s.is("close", tx.Close(), nil)
			}
		}},
		{name: "are known of a number of saves", run: touchedLongAgo, slow: true},
	}}
}

func (s *stock) touches(keys ...string) func(tx storage.InventoryTx) {
	return func(tx storage.InventoryTx) {
		s.Helper()
		s.is("touch", tx.Touch(s.ctx, func(yield func(storage.Touched) bool) {
			for _, key := range keys {
				if !yield(storage.Touched{Table: machines, Key: key}) {
					return
				}
			}
		}), nil)
	}
}

func (s *stock) touchedAre(what string, tx storage.InventoryTx, after uint64, want ...string) {
	s.Helper()
	got := []string{}
	for row, err := range tx.Touched(s.ctx, after) {
		s.is("touched", err, nil)
		got = append(got, row.Key)
	}
	slices.Sort(got)
	slices.Sort(want)
	s.same(what, got, append([]string{}, want...))
}

func touchedAfter(s *stock) {
	s.save(s.touches("a", "b", "a"))
	s.save(s.touches("b", "c"), s.touches("d"))
	s.save()
	tx := s.tx()
	s.touchedAre("what the saves after none touched", tx, 0, "a", "b", "c", "d")
	s.touchedAre("what the saves after the first touched", tx, 1, "b", "c", "d")
	s.touchedAre("what the saves after the second touched", tx, 2)
	s.touchedAre("what the saves after the last touched", tx, 3)
	s.touchedAre("what saves touched that are to come", tx, 4)
	for _, err := range tx.Touched(s.ctx, 0) {
		s.is("touched", err, nil)
		break
	}
	s.commit(tx)
}

func touchedLongAgo(s *stock) {
	s.save(s.touches("first", "often"))
	s.save(s.touches("second", "often"))
	for range storage.KeptSaves - 2 {
		s.save()
	}
	tx := s.tx() // its number is KeptSaves+1: all saves are known
	s.touchedAre("what all saves touched", tx, 0, "first", "second", "often")
	s.commit(tx)
	tx = s.tx()
	s.is("what saves touched that are forgotten", endsWith(tx.Touched(s.ctx, 0)), storage.ErrNotFound)
	s.is("close", tx.Close(), nil)
	s.touchedAre("what the saves touched that are known", s.tx(), 1, "second", "often")
}
