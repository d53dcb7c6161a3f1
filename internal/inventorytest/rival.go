package inventorytest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A write is what somebody else writes.
type write func(ctx context.Context, tx storage.InventoryTx) error

func createHost(ref string) write {
	return func(ctx context.Context, tx storage.InventoryTx) error {
		return createRow(ctx, tx, "hosts", "manager ref name", storage.TextValue("one"), storage.TextValue(ref), storage.TextValue("the other's"))
	}
}

func createVM(ref, host string) write {
	return func(ctx context.Context, tx storage.InventoryTx) error {
		on, err := idOf(ctx, tx, "hosts", host)
		if err != nil {
			return err
		}
		return createRow(ctx, tx, "vms", "manager ref host_id", storage.TextValue("one"), storage.TextValue(ref), on)
	}
}

func createDisk(vm, device string) write {
	return func(ctx context.Context, tx storage.InventoryTx) error {
		of, err := idOf(ctx, tx, "vms", vm)
		if err != nil {
			return err
		}
		return createRow(ctx, tx, "disks", "vm_id device size", of, storage.TextValue(device), storage.IntValue(99))
	}
}

func deleteHost(ref string) write {
	return func(ctx context.Context, tx storage.InventoryTx) error {
		n, err := tx.Delete(ctx, "hosts", []storage.Column{{Name: "ref"}}, slices.Values([][]storage.Value{{storage.TextValue(ref)}}))
		if err == nil && n != 1 {
			err = fmt.Errorf("%d hosts %s were there to be deleted", n, ref)
		}
		return err
	}
}

func createRow(ctx context.Context, tx storage.InventoryTx, table, columns string, values ...storage.Value) error {
	var named []storage.Column
	for name := range strings.FieldsSeq(columns) {
		named = append(named, storage.Column{Name: name})
	}
	return tx.Insert(ctx, table, named, slices.Values([][]storage.Value{values}))
}

// idOf returns the id of the one row with that ref.
func idOf(ctx context.Context, tx storage.InventoryTx, table, ref string) (id storage.Value, err error) {
	q := storage.RowQuery{Table: table, Columns: []storage.Column{{Name: "id"}}, Among: &storage.Among{
		Columns: []storage.Column{{Name: "ref"}}, Tuples: [][]storage.Value{{storage.TextValue(ref)}},
	}}
	for row, err := range tx.Rows(ctx, q) {
		if err != nil {
			return id, err
		}
		id = row[0]
	}
	return id, nil
}

// A rivalled inventory is one to which somebody else writes, whenever a save has made its plan and begins to write.
type rivalled struct {
	storage.Inventory

	beside bool                  // the inventory lets others write while a save is under way
	writes func(try int) []write // what is written in the way of the first save, and of those that follow
	saves  int                   // how many were begun
}

func (in *rivalled) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	tx, err := in.Inventory.Begin(ctx, f)
	if err != nil {
		return nil, err
	}
	in.saves++
	return &rivalledTx{InventoryTx: tx, in: in, writes: in.writes(in.saves)}, nil
}

// write writes for the other one.
func (in *rivalled) write(ctx context.Context, writes []write) error {
	tx, err := in.Inventory.Begin(ctx, storage.Fence{Scope: "rival"})
	if err != nil {
		return err
	}
	defer tx.Close() //nolint:errcheck // the first error counts
	if err := all(ctx, tx, writes); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func all(ctx context.Context, tx storage.InventoryTx, writes []write) error {
	for _, write := range writes {
		if err := write(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// A rivalledTx is a save that somebody else gets in the way of. Where nobody can write beside it the other's rows are
// written in it, where they are in the way as much, and again when it is over.
type rivalledTx struct {
	storage.InventoryTx

	in            *rivalled
	writes, after []write
}

// interfere lets the other one write, before the save does.
func (tx *rivalledTx) interfere(ctx context.Context) error {
	writes := tx.writes
	tx.writes = nil
	if tx.in.beside && len(writes) > 0 {
		return tx.in.write(ctx, writes)
	}
	tx.after = append(tx.after, writes...)
	return all(ctx, tx.InventoryTx, writes)
}

func (tx *rivalledTx) Reserve(ctx context.Context, table string, n int) ([]storage.Value, error) {
	if err := tx.interfere(ctx); err != nil {
		return nil, err
	}
	return tx.InventoryTx.Reserve(ctx, table, n)
}

func (tx *rivalledTx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[[]storage.Value]) error {
	if err := tx.interfere(ctx); err != nil {
		return err
	}
	return tx.InventoryTx.Insert(ctx, table, columns, rows)
}

func (tx *rivalledTx) Update(
	ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange],
) ([]storage.Value, error) {
	if err := tx.interfere(ctx); err != nil {
		return nil, err
	}
	return tx.InventoryTx.Update(ctx, table, columns, changes)
}

func (tx *rivalledTx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[[]storage.Value]) (int, error) {
	if err := tx.interfere(ctx); err != nil {
		return 0, err
	}
	return tx.InventoryTx.Delete(ctx, table, columns, tuples)
}

func (tx *rivalledTx) Commit(ctx context.Context) error {
	err := tx.InventoryTx.Commit(ctx)
	if err == nil {
		tx.after = nil // they were written with it
	}
	return err
}

func (tx *rivalledTx) Close() error {
	err := tx.InventoryTx.Close()
	if after := tx.after; err == nil && len(after) > 0 {
		tx.after = nil
		err = tx.in.write(context.Background(), after)
	}
	return err
}
