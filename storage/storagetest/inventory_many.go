package storagetest

import (
	"iter"
	"testing"

	"github.com/reeve-go/reeve/storage"
)

func manyRows() inventoryGroup {
	return inventoryGroup{"many rows", []inventoryCase{
		{name: "are inserted, read, updated and deleted one after another", run: hundredThousand, slow: true},
	}}
}

func hundredThousand(s *stock) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	each := func(do func(i int) row) iter.Seq[row] {
		return func(yield func(row) bool) {
			same := make(row, 0, 4)
			for i := 1; i <= n; i++ {
				same = append(same[:0], do(i)...)
				if !yield(same) {
					return
				}
			}
		}
	}
	s.save(func(tx storage.InventoryTx) {
		s.is("insert", tx.Insert(s.ctx, samples, cols("id text count share"), each(func(i int) row { return of(i, "r", i, nil) })), nil)
	})
	s.save(func(tx storage.InventoryTx) {
		missed, err := tx.Update(s.ctx, samples, cols("count"), func(yield func(storage.RowChange) bool) {
			same := make(row, 1)
			for i := range n + 10 { // the first and the last are not there
				same[0] = of(2 * i)[0]
				if !yield(storage.RowChange{ID: of(i)[0], New: same}) {
					return
				}
			}
		})
		s.is("update", err, nil)
		s.same("how many rows were missed", len(missed), 10)
	})
	s.save(func(tx storage.InventoryTx) {
		deleted, err := tx.Delete(s.ctx, samples, cols("id"), func(yield func(row) bool) {
			for i := 2; i <= n; i += 2 {
				if !yield(of(i)) {
					return
				}
			}
		})
		s.is("delete", err, nil)
		s.same("how many rows were deleted", deleted, n/2)
	})
	seen := make([]bool, n+1)
	for r, err := range s.view(s.Inventory).Rows(s.ctx, storage.RowQuery{Table: samples, Columns: cols("id count")}) {
		s.is("rows", err, nil)
		id := r[0].Int()
		if id%2 != 1 || r[1].Int() != 2*id || seen[id] {
			s.Fatalf("there is a row %v, once or twice; of each odd id there is one with twice that", r)
		}
		seen[id] = true
	}
	for i := 1; i <= n; i += 2 {
		if !seen[i] {
			s.Fatalf("the row %d is gone", i)
		}
	}
}
