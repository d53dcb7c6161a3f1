package storagetest

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

func inventoryMutants() []inventoryMutant {
	return slices.Concat(tableMutants(), queryMutants(), insertMutants(), updateMutants(), deleteMutants(), saveMutants(), touchMutants())
}

func tableMutants() []inventoryMutant {
	const asTheyAre = "tables/are described as they are"
	return []inventoryMutant{
		{"unique columns are not described", func(b *brokenInventory) {
			b.describe = func(t *storage.Table) { t.Unique = nil }
		}, asTheyAre},
		{"references are not described", func(b *brokenInventory) {
			b.describe = func(t *storage.Table) { t.References = nil }
		}, asTheyAre},
		{"a type is described as any", func(b *brokenInventory) {
			b.describe = func(t *storage.Table) { t.Columns[0].Type = storage.AnyType }
		}, asTheyAre},
	}
}

// querying makes a mutant that finds something else.
func querying(tamper func(q *storage.RowQuery)) func(*brokenInventory) {
	return func(b *brokenInventory) {
		b.tx.rows = func(ctx context.Context, v storage.InventoryView, q storage.RowQuery) iter.Seq2[row, error] {
			q.In = slices.Clone(q.In)
			for i := range q.In {
				q.In[i] = slices.Clone(q.In[i])
			}
			tamper(&q)
			return v.Rows(ctx, q)
		}
	}
}

func queryMutants() []inventoryMutant {
	return []inventoryMutant{
		{"scopes do not count", querying(func(q *storage.RowQuery) { q.In = nil }), "rows/are in a scope if all of its conditions hold"},
		{"one condition of a scope is enough", querying(func(q *storage.RowQuery) {
			var any []storage.Scope
			for _, scope := range q.In {
				for _, c := range scope {
					any = append(any, storage.Scope{c})
				}
			}
			q.In = any
		}), "rows/are in a scope if all of its conditions hold"},
		{"a row comes once for each of its scopes", func(b *brokenInventory) {
			b.tx.rows = func(ctx context.Context, v storage.InventoryView, q storage.RowQuery) iter.Seq2[row, error] {
				return func(yield func(row, error) bool) {
					scopes := q.In
					for i := range max(1, len(scopes)) {
						if len(scopes) > 0 {
							q.In = scopes[i : i+1]
						}
						for r, err := range v.Rows(ctx, q) {
							if !yield(r, err) {
								return
							}
						}
					}
				}
			}
		}, "rows/are in one of several scopes, and come once"},
		{"null is equal to nothing in a condition", querying(func(q *storage.RowQuery) {
			for _, scope := range q.In {
				for i := range scope {
					if scope[i].Of == nil && scope[i].Is.IsNull() {
						scope[i] = storage.Condition{Column: scope[i].Column, Of: pointed(sites, where("id", -1))}
					}
				}
			}
		}), "rows/are found by null as by any value"},
		{"what is pointed at beyond does not count", querying(func(q *storage.RowQuery) {
			for _, scope := range q.In {
				for i := range scope {
					if of := scope[i].Of; of != nil && of.Table == machines {
						scope[i].Of = pointed(machines)
					}
				}
			}
		}), "rows/are found by what that points at in turn"},
		{"tuples do not count", querying(func(q *storage.RowQuery) { q.Among = nil }), "rows/are found among tuples"},
		{"among no tuples is every row", querying(func(q *storage.RowQuery) {
			if q.Among != nil && len(q.Among.Tuples) == 0 {
				q.Among = nil
			}
		}), "rows/among no tuples are none"},
		{"null is equal to nothing in a tuple", querying(func(q *storage.RowQuery) {
			if q.Among != nil {
				a := *q.Among
				a.Tuples = slices.DeleteFunc(slices.Clone(a.Tuples), func(tuple row) bool { return slices.Contains(tuple, null) })
				q.Among = &a
			}
		}), "rows/are found among tuples with null"},
		{"each column of a tuple counts alone", querying(func(q *storage.RowQuery) {
			if q.Among != nil && len(q.Among.Columns) > 1 {
				a := storage.Among{Columns: q.Among.Columns[:1]}
				for _, tuple := range q.Among.Tuples {
					a.Tuples = append(a.Tuples, tuple[:1])
				}
				q.Among = &a
			}
		}), "rows/are found among tuples"},
		{"a row comes as often as its tuple", func(b *brokenInventory) {
			b.tx.rows = func(ctx context.Context, v storage.InventoryView, q storage.RowQuery) iter.Seq2[row, error] {
				if q.Among == nil {
					return v.Rows(ctx, q)
				}
				return func(yield func(row, error) bool) {
					tuples := q.Among.Tuples
					for i := range tuples {
						q.Among = &storage.Among{Columns: q.Among.Columns, Tuples: tuples[i : i+1]}
						for r, err := range v.Rows(ctx, q) {
							if !yield(r, err) {
								return
							}
						}
					}
				}
			}
		}, "rows/come once if a tuple is given twice"},
		{"only the first tuples count", querying(func(q *storage.RowQuery) {
			if q.Among != nil && len(q.Among.Tuples) > 4 {
				q.Among = &storage.Among{Columns: q.Among.Columns, Tuples: q.Among.Tuples[:4]}
			}
		}), "rows/are found among many tuples"},
		{"types that are asked for do not count", querying(func(q *storage.RowQuery) {
			q.Columns = slices.Clone(q.Columns)
			for i := range q.Columns {
				q.Columns[i].Type = storage.AnyType
			}
		}), "values/are converted to and from the column's type"},
		{"a view sees what comes later", func(b *brokenInventory) {
			b.view = func(v storage.InventoryView) storage.InventoryView { return &lateView{v, b.Inventory} }
		}, "views/are of one moment"},
	}
}

// A lateView looks anew at each call.
type lateView struct {
	storage.InventoryView
	in storage.Inventory
}

func (v *lateView) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[row, error] {
	now, err := v.in.View(ctx)
	if err != nil {
		return func(yield func(row, error) bool) { yield(nil, err) }
	}
	return now.Rows(ctx, q)
}

func saveMutants() []inventoryMutant {
	return []inventoryMutant{
		{"closing commits", func(b *brokenInventory) {
			b.tx.close = func(tx storage.InventoryTx) error {
				_ = tx.Commit(context.Background())
				return tx.Close()
			}
		}, "saves/leave nothing when they are rolled back"},
		{"a commit rolls back", func(b *brokenInventory) {
			b.tx.commit = func(_ context.Context, tx storage.InventoryTx) error { return tx.Close() }
		}, "saves/become true with their commit, all of it"},
		{"a commit under an ended context is made", func(b *brokenInventory) {
			b.tx.commit = func(ctx context.Context, tx storage.InventoryTx) error { return tx.Commit(context.WithoutCancel(ctx)) }
		}, "saves/are not committed under an ended context"},
		{"a save with an error is committed", func(b *brokenInventory) {
			b.tx.commit = func(ctx context.Context, tx storage.InventoryTx) error {
				if err := tx.Commit(ctx); err != nil && ctx.Err() == nil {
					return tx.Close()
				}
				return nil
			}
		}, "views/can only be closed after an error"},
		{"numbers begin with zero", func(b *brokenInventory) { b.tx.number = func(n uint64) uint64 { return n - 1 } }, "saves/have a number in their scope"},
		{"the count of saves lags behind", func(b *brokenInventory) { b.saves = func(n uint64) uint64 { return n - min(n, 1) } }, "saves/have a number in their scope"},
		{"the fence is not looked at", func(b *brokenInventory) { b.fence = func(f *storage.Fence) { f.Token |= 1 << 61 } }, "fences/refuse a token that is older than one that has saved"},
		{"the same token may save once", func(b *brokenInventory) {
			last := map[string]storage.Token{}
			b.begun = func(f storage.Fence, tx storage.InventoryTx, err error) (storage.InventoryTx, error) {
				if err == nil && last[f.Scope] == f.Token && f.Token == 7 {
					return nil, errors.Join(storage.ErrLeaseLost, tx.Close())
				}
				last[f.Scope] = f.Token
				return tx, err
			}
		}, "fences/let the same token and newer ones save"},
		{"there is one fence for all", func(b *brokenInventory) {
			b.fence = func(f *storage.Fence) {
				if f.Scope == "b" {
					f.Scope = "a"
				}
			}
		}, "fences/are a scope's own"},
		{"a token counts from its beginning", func(b *brokenInventory) {
			newest := map[string]storage.Token{}
			b.begun = func(f storage.Fence, tx storage.InventoryTx, err error) (storage.InventoryTx, error) {
				if err == nil && f.Token < newest[f.Scope] {
					return nil, errors.Join(storage.ErrLeaseLost, tx.Close())
				}
				newest[f.Scope] = max(newest[f.Scope], f.Token)
				return tx, err
			}
		}, "fences/remember no token that did not save"},
		{"any scope will do", func(b *brokenInventory) {
			b.fence = func(f *storage.Fence) {
				if f.Check() != nil {
					f.Scope, f.Token = "any", 1
				}
			}
		}, "fences/have a scope"},
		{"a save waits whatever happens", func(b *brokenInventory) {
			b.Inventory = patient{b.Inventory}
		}, "saves/that wait can be given up"},
	}
}

// A patient inventory begins a save under an ended context.
type patient struct{ storage.Inventory }

func (p patient) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	return p.Inventory.Begin(context.WithoutCancel(ctx), f)
}

func touchMutants() []inventoryMutant {
	touchedOf := func(tamper func(tx storage.InventoryTx, after uint64) uint64) func(*brokenInventory) {
		return func(b *brokenInventory) {
			b.tx.touched = func(ctx context.Context, tx storage.InventoryTx, after uint64) iter.Seq2[storage.Touched, error] {
				return tx.Touched(ctx, tamper(tx, after))
			}
		}
	}
	return []inventoryMutant{
		{"all that was ever touched is told", touchedOf(func(storage.InventoryTx, uint64) uint64 { return 0 }), "touched rows/are those of saves after a number"},
		{"what the save itself touched is told", func(b *brokenInventory) {
			var own []storage.Touched
			b.tx.touch = func(ctx context.Context, tx storage.InventoryTx, rows iter.Seq[storage.Touched]) error {
				own = slices.Collect(rows)
				return tx.Touch(ctx, slices.Values(own))
			}
			b.tx.touched = func(ctx context.Context, tx storage.InventoryTx, after uint64) iter.Seq2[storage.Touched, error] {
				return func(yield func(storage.Touched, error) bool) {
					for r, err := range tx.Touched(ctx, after) {
						if !yield(r, err) {
							return
						}
					}
					for _, r := range own {
						if !yield(r, nil) {
							return
						}
					}
				}
			}
		}, "touched rows/are not those of the save itself"},
		{"touching a row hides that it was touched before", func(b *brokenInventory) {
			own := map[storage.Touched]bool{}
			b.tx.touch = func(ctx context.Context, tx storage.InventoryTx, rows iter.Seq[storage.Touched]) error {
				clear(own)
				for r := range rows {
					own[r] = true
				}
				return tx.Touch(ctx, rows)
			}
			b.tx.touched = func(ctx context.Context, tx storage.InventoryTx, after uint64) iter.Seq2[storage.Touched, error] {
				return func(yield func(storage.Touched, error) bool) {
					for r, err := range tx.Touched(ctx, after) {
						if !own[r] && !yield(r, err) {
							return
						}
					}
				}
			}
		}, "touched rows/are not those of the save itself"},
		{"a key is a text", func(b *brokenInventory) {
			b.tx.touch = func(ctx context.Context, tx storage.InventoryTx, rows iter.Seq[storage.Touched]) error {
				return tx.Touch(ctx, func(yield func(storage.Touched) bool) {
					for r := range rows {
						if storage.TextValue(r.Key).CheckStorable() != nil {
							r.Key = "?"
						}
						if !yield(r) {
							return
						}
					}
				})
			}
		}, "touched rows/have any bytes as their key"},
		{"the table does not count", func(b *brokenInventory) {
			b.tx.touch = func(ctx context.Context, tx storage.InventoryTx, rows iter.Seq[storage.Touched]) error {
				return tx.Touch(ctx, func(yield func(storage.Touched) bool) {
					for r := range rows {
						if !yield(storage.Touched{Table: "a", Key: r.Key}) {
							return
						}
					}
				})
			}
		}, "touched rows/are of their tables"},
		{"what is forgotten is told as nothing", func(b *brokenInventory) {
			b.tx.touched = func(ctx context.Context, tx storage.InventoryTx, after uint64) iter.Seq2[storage.Touched, error] {
				return func(yield func(storage.Touched, error) bool) {
					for r, err := range tx.Touched(ctx, after) {
						if errors.Is(err, storage.ErrNotFound) || !yield(r, err) {
							return
						}
					}
				}
			}
		}, "touched rows/are known of a number of saves"},
	}
}
