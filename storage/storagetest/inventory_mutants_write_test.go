package storagetest

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// insertion makes a mutant that inserts something else.
func insertion(tamper func(table string, columns []storage.Column, rows iter.Seq[row]) ([]storage.Column, iter.Seq[row])) func(*brokenInventory) {
	return func(b *brokenInventory) {
		b.tx.insert = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, rows iter.Seq[row]) error {
			columns, rows = tamper(table, columns, rows)
			return tx.Insert(ctx, table, columns, rows)
		}
	}
}

// eachRow changes every row.
func eachRow(rows iter.Seq[row], change func(r row) row) iter.Seq[row] {
	return func(yield func(row) bool) {
		for r := range rows {
			if !yield(change(slices.Clone(r))) {
				return
			}
		}
	}
}

func insertMutants() []inventoryMutant {
	swallow := func(errs ...error) func(*brokenInventory) {
		return func(b *brokenInventory) {
			b.tx.insert = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, rows iter.Seq[row]) error {
				err := tx.Insert(ctx, table, columns, rows)
				for _, e := range errs {
					if errors.Is(err, e) {
						return nil
					}
				}
				return err
			}
		}
	}
	return []inventoryMutant{
		{"rows are kept before they are written", insertion(func(_ string, columns []storage.Column, rows iter.Seq[row]) ([]storage.Column, iter.Seq[row]) {
			return columns, slices.Values(slices.Collect(rows))
		}), "insert/keeps nothing of what it is given"},
		{"rows beyond a number are forgotten", insertion(func(_ string, columns []storage.Column, rows iter.Seq[row]) ([]storage.Column, iter.Seq[row]) {
			return columns, func(yield func(row) bool) {
				n := 0
				for r := range rows {
					if n++; n <= 64 && !yield(r) {
						return
					}
				}
			}
		}), "insert/takes any number of rows"},
		{"a row that conflicts is passed over", swallow(storage.ErrConflict), "insert/refuses what is there already"},
		{"a row that points at nothing is passed over", swallow(storage.ErrConflict), "insert/refuses what points at nothing"},
		{"what is invalid is passed over", swallow(storage.ErrInvalid), "values/that cannot be converted are refused by name"},
		{"a zero byte ends a text", insertion(func(_ string, columns []storage.Column, rows iter.Seq[row]) ([]storage.Column, iter.Seq[row]) {
			return columns, eachRow(rows, func(r row) row {
				for i, v := range r {
					if v.Kind() == storage.TextKind && v.CheckStorable() != nil {
						r[i] = of("cut")[0]
					}
				}
				return r
			})
		}), "values/that not every database has are refused by name"},
		{"a great integer is a float", insertion(func(_ string, columns []storage.Column, rows iter.Seq[row]) ([]storage.Column, iter.Seq[row]) {
			return columns, eachRow(rows, func(r row) row {
				for i, v := range r {
					if v.Kind() == storage.IntKind && (v.Int() > 1<<53 || v.Int() < -1<<53) {
						r[i] = storage.IntValue(int64(float64(v.Int()/2)) * 2)
					}
				}
				return r
			})
		}), "values/at the edges come back as they were"},
		{"empty is null", insertion(func(_ string, columns []storage.Column, rows iter.Seq[row]) ([]storage.Column, iter.Seq[row]) {
			return columns, eachRow(rows, func(r row) row {
				for i, v := range r {
					if v == of("")[0] || v == storage.BytesValue(nil) {
						r[i] = null
					}
				}
				return r
			})
		}), "values/at the edges come back as they were"},
		{"a time is kept to the second", insertion(func(_ string, columns []storage.Column, rows iter.Seq[row]) ([]storage.Column, iter.Seq[row]) {
			return columns, eachRow(rows, func(r row) row {
				for i, v := range r {
					if v.Kind() == storage.TimeKind {
						r[i] = micros(v.Time().Truncate(1e9))
					}
				}
				return r
			})
		}), "values/come back as they were"},
		{"an id is reserved again and again", func(b *brokenInventory) {
			b.tx.reserve = func(_ context.Context, _ storage.InventoryTx, _ string, n int) (ids []storage.Value, _ error) {
				for i := range n {
					ids = append(ids, of(5000 + i)[0])
				}
				return ids, nil
			}
		}, "reserve/gives an id once"},
		{"ids are reserved that rows have", func(b *brokenInventory) {
			last := 0
			b.tx.reserve = func(_ context.Context, _ storage.InventoryTx, _ string, n int) (ids []storage.Value, _ error) {
				for range n {
					last++
					ids = append(ids, of(last)[0])
				}
				return ids, nil
			}
		}, "reserve/gives ids that no row has"},
	}
}

// changing makes a mutant that updates something else.
func changing(tamper func(c *storage.RowChange)) func(*brokenInventory) {
	return func(b *brokenInventory) {
		b.tx.update = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
			return tx.Update(ctx, table, columns, func(yield func(storage.RowChange) bool) {
				for c := range changes {
					tamper(&c)
					if !yield(c) {
						return
					}
				}
			})
		}
	}
}

func updateMutants() []inventoryMutant {
	return []inventoryMutant{
		{"old values do not count", changing(func(c *storage.RowChange) { c.Old = nil }), "update/leaves a row alone that is not as it was"},
		{"null as an old value matches nothing", changing(func(c *storage.RowChange) {
			if slices.Contains(c.Old, null) {
				c.ID = of(-1)[0]
			}
		}), "update/leaves a row alone that is not as it was"},
		{"what was missed is not told", func(b *brokenInventory) {
			b.tx.update = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
				_, err := tx.Update(ctx, table, columns, changes)
				return nil, err
			}
		}, "update/returns the ids of rows that are not there"},
		{"changes are kept before they are written", func(b *brokenInventory) {
			b.tx.update = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
				return tx.Update(ctx, table, columns, slices.Values(slices.Collect(changes)))
			}
		}, "update/keeps nothing of what it is given"},
		{"changes are made in another order", func(b *brokenInventory) {
			b.tx.update = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
				all := slices.Collect(changes)
				slices.Reverse(all)
				return tx.Update(ctx, table, columns, slices.Values(all))
			}
		}, "update/gives rows what those before them had"},
		{"null does not overwrite", func(b *brokenInventory) {
			b.tx.update = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
				return tx.Update(ctx, table, columns, func(yield func(storage.RowChange) bool) {
					for c := range changes {
						if len(c.New) == 1 && c.New[0] == null && columns[0].Name == "parent" {
							continue
						}
						if !yield(c) {
							return
						}
					}
				})
			}
		}, "update/makes links in a second pass"},
	}
}

// removing makes a mutant that deletes something else.
func removing(tamper func(columns []storage.Column, r row) ([]storage.Column, row)) func(*brokenInventory) {
	return func(b *brokenInventory) {
		b.tx.remove = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, tuples iter.Seq[row]) (n int, err error) {
			for r := range tuples {
				columns, r := tamper(columns, r)
				one, err := tx.Delete(ctx, table, columns, given(r))
				if n += one; err != nil {
					return n, err
				}
			}
			return n, nil
		}
	}
}

func deleteMutants() []inventoryMutant {
	return []inventoryMutant{
		{"the first column of a tuple is enough", removing(func(columns []storage.Column, r row) ([]storage.Column, row) {
			return columns[:1], r[:1]
		}), "delete/removes the rows that have all values of a tuple"},
		{"null in a tuple is equal to nothing", removing(func(columns []storage.Column, r row) ([]storage.Column, row) {
			r = slices.Clone(r)
			for i, v := range r {
				if v == null {
					r[i] = of("not null")[0]
				}
			}
			return columns, r
		}), "delete/takes null for equal to null"},
		{"rows are counted that are not there", func(b *brokenInventory) {
			b.tx.remove = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, tuples iter.Seq[row]) (int, error) {
				n := 0
				_, err := tx.Delete(ctx, table, columns, eachRow(tuples, func(r row) row { n++; return r }))
				return n, err
			}
		}, "delete/returns how many there were"},
		{"what is pointed at is left alone without a word", func(b *brokenInventory) {
			b.tx.remove = func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, tuples iter.Seq[row]) (int, error) {
				n, err := tx.Delete(ctx, table, columns, tuples)
				if errors.Is(err, storage.ErrConflict) {
					err = nil
				}
				return n, err
			}
		}, "delete/refuses a machine that is pointed at"},
	}
}
