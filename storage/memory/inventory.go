package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/reeve-go/reeve/storage"
)

// An Inventory is a [storage.Inventory] in memory. One transaction writes at a time, whatever its scope; a
// view keeps the rows that it began with.
//
// Unique columns and references are held to: a row that another points at cannot be removed. A row that
// is inserted without its id gets the next one; another column with Default is false, zero, empty, or
// 1970 then.
type Inventory struct {
	turn chan struct{} // holds a value while somebody writes

	mu     sync.Mutex
	tables tables
	scopes map[string]*scope
}

var _ storage.Inventory = (*Inventory)(nil)

// A scope is what is kept of one: its last save, and in which save a row was touched last.
type scope struct {
	token   storage.Token
	saves   uint64
	touched map[storage.Touched]uint64
}

// NewInventory returns an inventory of empty tables. It refuses tables that contradict themselves or each
// other.
func NewInventory(shapes ...storage.Table) (*Inventory, error) {
	in := &Inventory{turn: make(chan struct{}, 1), tables: tables{}, scopes: map[string]*scope{}}
	for _, shape := range shapes {
		if in.tables[shape.Name] != nil {
			return nil, fmt.Errorf("memory: table %q is given twice", shape.Name)
		}
		t, err := newTable(shape)
		if err != nil {
			return nil, err
		}
		in.tables[shape.Name] = t
	}
	for _, t := range in.tables {
		for column, to := range t.shape.References {
			if in.tables[to] == nil || in.tables[to].shape.ID == "" {
				return nil, fmt.Errorf("memory: column %q of table %q points at table %q, which has no id or is not given", column, t.shape.Name, to)
			}
		}
	}
	return in, nil
}

// Describe implements [storage.Inventory].
func (in *Inventory) Describe(ctx context.Context, name string) (*storage.Table, error) {
	t, err := in.committed().find(name)
	if err = firstOf(ctx.Err(), err); err != nil {
		return nil, failed("describe", err)
	}
	shape := cloneShape(*t.shape)
	return &shape, nil
}

// View implements [storage.Inventory].
func (in *Inventory) View(ctx context.Context) (storage.InventoryView, error) {
	if err := ctx.Err(); err != nil {
		return nil, failed("view", err)
	}
	return &view{tables: in.committed()}, nil
}

// Begin implements [storage.Inventory]. Its Handle is nil.
func (in *Inventory) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	if err := firstOf(f.Check(), ctx.Err()); err != nil {
		return nil, failed("begin", err)
	}
	select {
	case in.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, failed("begin", ctx.Err())
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	s := in.scopes[f.Scope]
	if s == nil {
		s = &scope{touched: map[storage.Touched]uint64{}}
	}
	if err := f.Guard(s.token); err != nil {
		<-in.turn
		return nil, failed("begin", err)
	}
	return &inventoryTx{
		view: view{tables: maps.Clone(in.tables)}, in: in, fence: f, scope: s, number: s.saves + 1,
		own: map[string]bool{}, reserved: map[string]bool{}, touched: map[storage.Touched]bool{},
	}, nil
}

// Saves implements [storage.Inventory].
func (in *Inventory) Saves(ctx context.Context, name string) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, failed("saves", err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if s := in.scopes[name]; s != nil {
		return s.saves, nil
	}
	return 0, nil
}

// committed returns the tables as they are now. They stay so: who changes one changes a copy.
func (in *Inventory) committed() tables {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.tables
}

func cloneShape(s storage.Table) storage.Table {
	s.Columns = slices.Clone(s.Columns)
	s.References = maps.Clone(s.References)
	s.Unique = slices.Clone(s.Unique)
	for i := range s.Unique {
		s.Unique[i] = slices.Clone(s.Unique[i])
	}
	return s
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// failed says which call an error is of.
func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("memory: %s: %w", call, err)
}
