package storagetest

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A brokenInventory is an inventory in memory of which some methods are replaced, and those of its views
// and saves.
type brokenInventory struct {
	storage.Inventory
	describe func(t *storage.Table)
	// fence tampers with what a save begins with, begun with what that answers.
	fence func(f *storage.Fence)
	begun func(f storage.Fence, tx storage.InventoryTx, err error) (storage.InventoryTx, error)
	view  func(v storage.InventoryView) storage.InventoryView
	saves func(n uint64) uint64
	tx    brokenTx // nil methods are those of the save
}

func (b *brokenInventory) Describe(ctx context.Context, name string) (*storage.Table, error) {
	t, err := b.Inventory.Describe(ctx, name)
	if err == nil && b.describe != nil {
		b.describe(t)
	}
	return t, err
}

func (b *brokenInventory) View(ctx context.Context) (storage.InventoryView, error) {
	v, err := b.Inventory.View(ctx)
	if err != nil {
		return nil, err
	}
	if b.view != nil {
		v = b.view(v)
	}
	if b.tx.rows != nil {
		v = &brokenView{v, b.tx.rows}
	}
	return v, nil
}

func (b *brokenInventory) Saves(ctx context.Context, scope string) (uint64, error) {
	n, err := b.Inventory.Saves(ctx, scope)
	if b.saves != nil {
		n = b.saves(n)
	}
	return n, err
}

func (b *brokenInventory) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	given := f
	if b.fence != nil {
		b.fence(&f)
	}
	tx, err := b.Inventory.Begin(ctx, f)
	if b.begun != nil {
		tx, err = b.begun(given, tx, err)
	}
	if err != nil {
		return nil, err
	}
	broken := b.tx
	broken.InventoryTx = tx
	return &broken, nil
}

type rowsFunc func(ctx context.Context, v storage.InventoryView, q storage.RowQuery) iter.Seq2[row, error]

type brokenView struct {
	storage.InventoryView
	rows rowsFunc
}

func (v *brokenView) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[row, error] {
	return v.rows(ctx, v.InventoryView, q)
}

type brokenTx struct {
	storage.InventoryTx
	rows    rowsFunc
	number  func(n uint64) uint64
	reserve func(ctx context.Context, tx storage.InventoryTx, table string, n int) ([]storage.Value, error)
	insert  func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, rows iter.Seq[row]) error
	update  func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error)
	remove  func(ctx context.Context, tx storage.InventoryTx, table string, columns []storage.Column, tuples iter.Seq[row]) (int, error)
	touch   func(ctx context.Context, tx storage.InventoryTx, rows iter.Seq[storage.Touched]) error
	touched func(ctx context.Context, tx storage.InventoryTx, after uint64) iter.Seq2[storage.Touched, error]
	commit  func(ctx context.Context, tx storage.InventoryTx) error
	close   func(tx storage.InventoryTx) error
}

func (b *brokenTx) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[row, error] {
	if b.rows != nil {
		return b.rows(ctx, b.InventoryTx, q)
	}
	return b.InventoryTx.Rows(ctx, q)
}

func (b *brokenTx) Number() uint64 {
	if b.number != nil {
		return b.number(b.InventoryTx.Number())
	}
	return b.InventoryTx.Number()
}

func (b *brokenTx) Reserve(ctx context.Context, table string, n int) ([]storage.Value, error) {
	if b.reserve != nil {
		return b.reserve(ctx, b.InventoryTx, table, n)
	}
	return b.InventoryTx.Reserve(ctx, table, n)
}

func (b *brokenTx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[row]) error {
	if b.insert != nil {
		return b.insert(ctx, b.InventoryTx, table, columns, rows)
	}
	return b.InventoryTx.Insert(ctx, table, columns, rows)
}

func (b *brokenTx) Update(ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
	if b.update != nil {
		return b.update(ctx, b.InventoryTx, table, columns, changes)
	}
	return b.InventoryTx.Update(ctx, table, columns, changes)
}

func (b *brokenTx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[row]) (int, error) {
	if b.remove != nil {
		return b.remove(ctx, b.InventoryTx, table, columns, tuples)
	}
	return b.InventoryTx.Delete(ctx, table, columns, tuples)
}

func (b *brokenTx) Touch(ctx context.Context, rows iter.Seq[storage.Touched]) error {
	if b.touch != nil {
		return b.touch(ctx, b.InventoryTx, rows)
	}
	return b.InventoryTx.Touch(ctx, rows)
}

func (b *brokenTx) Touched(ctx context.Context, after uint64) iter.Seq2[storage.Touched, error] {
	if b.touched != nil {
		return b.touched(ctx, b.InventoryTx, after)
	}
	return b.InventoryTx.Touched(ctx, after)
}

func (b *brokenTx) Commit(ctx context.Context) error {
	if b.commit != nil {
		return b.commit(ctx, b.InventoryTx)
	}
	return b.InventoryTx.Commit(ctx)
}

func (b *brokenTx) Close() error {
	if b.close != nil {
		return b.close(b.InventoryTx)
	}
	return b.InventoryTx.Close()
}

// An inventoryMutant is an inventory that breaks one thing.
type inventoryMutant struct {
	name   string
	breaks func(*brokenInventory)
	// fails are the tests that must fail, "group/test" each. Others may, because little can be seen of
	// an inventory that is broken; but named must the one be that is about it.
	fails string
}

func (m inventoryMutant) harness() InventoryHarness {
	return InventoryHarness{patience: 5 * time.Second, New: func(t testing.TB, tables []storage.Table) InventoryBackend {
		t.Helper()
		in, err := memory.NewInventory(tables...)
		if err != nil {
			t.Fatal(err)
		}
		b := &brokenInventory{Inventory: in}
		m.breaks(b)
		return InventoryBackend{Inventory: b, Open: func(testing.TB) storage.Inventory { return b }}
	}}
}

// TestInventoryMutants shows that each thing that an inventory can get wrong is told by the test that is
// named for it.
func TestInventoryMutants(t *testing.T) {
	t.Parallel()
	for _, m := range inventoryMutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			failing := m.failing(t)
			if !failing[m.fails] {
				t.Errorf("%q passes; these fail: %v", m.fails, failing)
			}
			t.Logf("%d tests tell it", len(failing))
		})
	}
}

func (m inventoryMutant) failing(t *testing.T) map[string]bool {
	t.Helper()
	failing := map[string]bool{}
	for _, g := range inventorySuite() {
		for _, c := range g.cases {
			name := g.name + "/" + c.name
			if c.slow && name != m.fails {
				continue
			}
			r := &recorder{TB: t}
			r.run(func() { c.run(m.harness().open(r)) })
			if r.failed {
				failing[name] = true
			}
		}
	}
	return failing
}

// Without a mutation no test fails, so what is told of mutants is theirs.
func TestNoInventoryMutant(t *testing.T) {
	t.Parallel()
	if failing := (inventoryMutant{breaks: func(*brokenInventory) {}}).failing(t); len(failing) > 0 {
		t.Errorf("an inventory that is whole fails %v", failing)
	}
	RunInventory(t, inventoryMutant{breaks: func(*brokenInventory) {}}.harness())
}
