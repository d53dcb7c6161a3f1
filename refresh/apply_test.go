package refresh_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// counted is an inventory that counts what is called.
type counted struct {
	storage.Inventory

	calls map[string]int
}

func (c *counted) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	tx, err := c.Inventory.Begin(ctx, f)
	clear(c.calls)
	return &countedTx{tx, c}, err
}

type countedTx struct {
	storage.InventoryTx

	by *counted
}

func (tx *countedTx) Reserve(ctx context.Context, table string, n int) ([]storage.Value, error) {
	tx.by.calls["reserve "+table]++
	return tx.InventoryTx.Reserve(ctx, table, n)
}

func (tx *countedTx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[[]storage.Value]) error {
	tx.by.calls["insert "+table]++
	return tx.InventoryTx.Insert(ctx, table, columns, rows)
}

func (tx *countedTx) Update(ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
	tx.by.calls["update "+table]++
	return tx.InventoryTx.Update(ctx, table, columns, changes)
}

func (tx *countedTx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[[]storage.Value]) (int, error) {
	tx.by.calls["delete "+table]++
	return tx.InventoryTx.Delete(ctx, table, columns, tuples)
}

func (tx *countedTx) Touch(ctx context.Context, rows iter.Seq[storage.Touched]) error {
	tx.by.calls["touch"]++
	return tx.InventoryTx.Touch(ctx, rows)
}

// Rows with the same columns are written by one call, however they are mixed.
func TestWritesWithFewCalls(t *testing.T) {
	t.Parallel()
	memory, err := memory.NewInventory(
		tableOf("hosts", "manager*", "ref*", "name"), tableOf("vms", "manager*", "ref*", "name", "uuid", "host_id→hosts"),
		tableOf("disks", "vm_id→vms*", "device*", "size:int"))
	target(t, err)
	in := &counted{memory, map[string]int{}}
	p, err := refresh.NewPersister(declare, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	target(t, err)
	const rows = 500
	save := func(parse func(e *estate, i int, ref string), want map[string]int) {
		t.Helper()
		saveTargets(t, p, nil, func(e *estate) {
			e.Hosts.Build(Host{Ref: "h"})
			for i := range rows {
				parse(e, i, fmt.Sprint("vm", i))
			}
			e.VMs.Complete()
		})
		if d := cmp.Diff(want, in.calls); d != "" {
			t.Errorf("the calls are not those that are needed (- needed, + made):\n%s", d)
		}
	}
	save(func(e *estate, i int, ref string) {
		switch i % 3 {
		case 0:
			e.VMs.Build(VM{Ref: ref, Host: e.Hosts.LazyFind("h")})
		case 1:
			e.VMs.Patch(VM{Ref: ref, Name: ref}, func(vm *VM) []any { return []any{&vm.Name} })
		case 2:
			e.VMs.Patch(VM{Ref: ref, UUID: ref}, func(vm *VM) []any { return []any{&vm.UUID} })
		}
	}, map[string]int{"reserve hosts": 1, "reserve vms": 1, "insert hosts": 1, "insert vms": 3})
	save(func(e *estate, i int, ref string) {
		e.VMs.Patch(VM{Ref: ref, UUID: "new " + ref, Name: "new"}, func(vm *VM) []any { return []any{&vm.Name, &vm.UUID}[i%2:] })
	}, map[string]int{"update vms": 2})
	save(func(e *estate, i int, ref string) {
		e.VMs.Patch(VM{Ref: ref, UUID: "new " + ref, Name: "new"}, func(vm *VM) []any { return []any{&vm.Name, &vm.UUID}[i%2:] })
	}, map[string]int{})
	save(func(*estate, int, string) {}, map[string]int{"delete vms": 1})
}

func TestApplyOfAnOldPlan(t *testing.T) {
	t.Parallel()
	for name, parse := range map[string]func(e *estate){
		"updated": func(e *estate) {
			e.VMs.Patch(VM{Ref: "1", Name: "mine"}, func(vm *VM) []any { return []any{&vm.Name} })
		},
		"deleted": func(e *estate) { e.VMs.Build(VM{Ref: "2", Name: "vm 2"}) },
	} {
		in := inventory(t)
		p, err := refresh.NewPersister(declare, in, nil)
		target(t, err)
		saveTargets(t, p, nil, twoVMs.full)
		old, err := p.Open(t.Context(), "one", nil)
		target(t, err)
		parse(old.Inventory)
		plan, err := old.Plan(t.Context())
		target(t, err)
		saveTargets(t, p, nil, func(e *estate) { // somebody else
			e.Hosts.Incomplete(context.Canceled)
			if name == "deleted" {
				e.VMs.Build(VM{Ref: "2", Name: name})
			} else {
				e.VMs.Build(VM{Ref: "1", Name: name})
				e.VMs.Build(VM{Ref: "2", Name: name})
			}
		})
		before := dump(t, in)
		if err := p.Apply(t.Context(), plan, 0); err == nil || !strings.Contains(err.Error(), `rows of collection "`) || !strings.Contains(err.Error(), "a new plan is right") {
			t.Errorf("%s: the error is %v", name, err)
		}
		if d := cmp.Diff(before, dump(t, in)); d != "" {
			t.Errorf("%s: what was refused was written:\n%s", name, d)
		}
	}
}
