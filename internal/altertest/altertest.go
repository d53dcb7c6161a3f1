// Package altertest has inventories that do something else than they are told: for tests that must see it.
package altertest

import (
	"context"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// An Alter is what an inventory does otherwise; what is nil it does as it is told.
type Alter struct {
	// Before is called before each call, with its name. An error is the call's.
	Before func(call string) error
	// After is called after each call that was done. An error is the call's nevertheless.
	After func(call string) error
	// Describe changes what a table is said to be.
	Describe func(t *storage.Table)
	// Query changes what is asked for.
	Query func(q *storage.RowQuery)
	// Row changes a row that is read.
	Row func(q storage.RowQuery, row []storage.Value)
	// Insert, Update and Delete change what is written, in place; false leaves it out.
	Insert func(table string, columns []storage.Column, row []storage.Value) bool
	Update func(table string, columns []storage.Column, change *storage.RowChange) bool
	Delete func(table string, columns []storage.Column, tuple []storage.Value) bool
}

// New returns an inventory that alters what another one is told.
func New(in storage.Inventory, a Alter) storage.Inventory { return &inventory{in, a} }

type inventory struct {
	storage.Inventory

	Alter Alter
}

func (a *Alter) before(call string) error {
	if a.Before == nil {
		return nil
	}
	return a.Before(call)
}

func (a *Alter) after(call string, err error) error {
	if err != nil || a.After == nil {
		return err
	}
	return a.After(call)
}

func (in *inventory) Describe(ctx context.Context, table string) (*storage.Table, error) {
	if err := in.Alter.before("describe"); err != nil {
		return nil, err
	}
	t, err := in.Inventory.Describe(ctx, table)
	if err == nil && in.Alter.Describe != nil {
		in.Alter.Describe(t)
	}
	return t, err
}

func (in *inventory) Saves(ctx context.Context, scope string) (uint64, error) {
	if err := in.Alter.before("saves"); err != nil {
		return 0, err
	}
	return in.Inventory.Saves(ctx, scope)
}

func (in *inventory) View(ctx context.Context) (storage.InventoryView, error) {
	if err := in.Alter.before("view"); err != nil {
		return nil, err
	}
	v, err := in.Inventory.View(ctx)
	if err != nil {
		return nil, err
	}
	return &view{v, &in.Alter}, nil
}

func (in *inventory) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	if err := in.Alter.before("begin"); err != nil {
		return nil, err
	}
	t, err := in.Inventory.Begin(ctx, f)
	if err != nil {
		return nil, err
	}
	return &tx{t, view{t, &in.Alter}}, nil
}

type view struct {
	storage.InventoryView

	alter *Alter
}

func (v *view) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[[]storage.Value, error] {
	if v.alter.Query != nil {
		v.alter.Query(&q)
	}
	return func(yield func([]storage.Value, error) bool) {
		if err := v.alter.before("rows"); err != nil {
			yield(nil, err)
			return
		}
		for row, err := range v.InventoryView.Rows(ctx, q) {
			if err == nil && v.alter.Row != nil {
				row = slices.Clone(row)
				v.alter.Row(q, row)
			}
			if !yield(row, err) {
				return
			}
		}
		if err := v.alter.after("rows", nil); err != nil { // in the middle, for who reads
			yield(nil, err)
		}
	}
}

type tx struct {
	storage.InventoryTx

	view view
}

func (t *tx) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[[]storage.Value, error] {
	return t.view.Rows(ctx, q)
}

func (t *tx) Reserve(ctx context.Context, table string, n int) ([]storage.Value, error) {
	if err := t.view.alter.before("reserve"); err != nil {
		return nil, err
	}
	return t.InventoryTx.Reserve(ctx, table, n)
}

// chosen yields what is to be written, as it was altered.
func chosen[T any](all iter.Seq[T], alter func(*T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for one := range all {
			if alter(&one) && !yield(one) {
				return
			}
		}
	}
}

func (t *tx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[[]storage.Value]) error {
	a := t.view.alter
	if err := a.before("insert"); err != nil {
		return err
	}
	if a.Insert != nil {
		rows = chosen(rows, func(row *[]storage.Value) bool {
			*row = slices.Clone(*row)
			return a.Insert(table, columns, *row)
		})
	}
	return a.after("insert", t.InventoryTx.Insert(ctx, table, columns, rows))
}

func (t *tx) Update(
	ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange],
) ([]storage.Value, error) {
	a := t.view.alter
	if err := a.before("update"); err != nil {
		return nil, err
	}
	if a.Update != nil {
		changes = chosen(changes, func(c *storage.RowChange) bool {
			c.New = slices.Clone(c.New)
			return a.Update(table, columns, c)
		})
	}
	missed, err := t.InventoryTx.Update(ctx, table, columns, changes)
	return missed, a.after("update", err)
}

func (t *tx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[[]storage.Value]) (int, error) {
	a := t.view.alter
	if err := a.before("delete"); err != nil {
		return 0, err
	}
	left := 0
	if a.Delete != nil {
		tuples = chosen(tuples, func(tuple *[]storage.Value) bool {
			*tuple = slices.Clone(*tuple)
			if a.Delete(table, columns, *tuple) {
				return true
			}
			left++
			return false
		})
	}
	n, err := t.InventoryTx.Delete(ctx, table, columns, tuples)
	return n + left, a.after("delete", err)
}

func (t *tx) Touch(ctx context.Context, rows iter.Seq[storage.Touched]) error {
	if err := t.view.alter.before("touch"); err != nil {
		return err
	}
	return t.view.alter.after("touch", t.InventoryTx.Touch(ctx, rows))
}

func (t *tx) Touched(ctx context.Context, after uint64) iter.Seq2[storage.Touched, error] {
	if err := t.view.alter.before("touched"); err != nil {
		return func(yield func(storage.Touched, error) bool) { yield(storage.Touched{}, err) }
	}
	return t.InventoryTx.Touched(ctx, after)
}

func (t *tx) Commit(ctx context.Context) error {
	if err := t.view.alter.before("commit"); err != nil {
		return err
	}
	return t.view.alter.after("commit", t.InventoryTx.Commit(ctx))
}
