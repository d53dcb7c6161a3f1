package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// An inventoryTx changes copies of tables, which take the place of the tables when it commits.
type inventoryTx struct {
	view
	in       *Inventory
	fence    storage.Fence
	scope    *scope
	number   uint64
	own      map[string]bool // tables that are copies
	reserved map[string]bool
	touched  map[storage.Touched]bool
}

// Number implements [storage.InventoryTx].
func (tx *inventoryTx) Number() uint64 { return tx.number }

// Handle implements [storage.InventoryTx]. There is none.
func (tx *inventoryTx) Handle() any { return nil }

// do runs a call.
func (tx *inventoryTx) do(ctx context.Context, call string, fn func() error) error {
	err := tx.use.Begin(ctx)
	if err == nil {
		defer func() { tx.use.Done(err) }()
		err = fn()
	}
	return failed(call, err)
}

// table returns a table that can be changed.
func (tx *inventoryTx) table(name string) (*table, error) {
	t, err := tx.tables.find(name)
	if err != nil || tx.own[name] {
		return t, err
	}
	t = t.clone()
	tx.tables[name], tx.own[name] = t, true
	return t, nil
}

// Reserve implements [storage.InventoryTx].
func (tx *inventoryTx) Reserve(ctx context.Context, table string, n int) (ids []storage.Value, err error) {
	err = tx.do(ctx, "reserve", func() error {
		t, err := tx.table(table)
		if err != nil {
			return err
		}
		id, err := adapter.IDOf(t.shape)
		if err != nil {
			return err
		}
		tx.reserved[table] = true
		for range n {
			v, err := t.nextID(id)
			if err != nil {
				return err
			}
			ids = append(ids, v)
		}
		return nil
	})
	return ids, err
}

func (t *table) nextID(id adapter.Field) (storage.Value, error) {
	switch id.Type {
	case storage.IntType:
		t.last++
		return storage.IntValue(t.last), nil
	case storage.UUIDType:
		return adapter.NewUUID(), nil
	default:
		return storage.Value{}, fmt.Errorf("%w: the ids of table %q are %s; integers and UUIDs can be reserved", storage.ErrInvalid, t.shape.Name, id.Type)
	}
}

// Insert implements [storage.InventoryTx].
func (tx *inventoryTx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[[]storage.Value]) error {
	return tx.do(ctx, "insert", func() error {
		t, err := tx.table(table)
		if err != nil {
			return err
		}
		fields, err := adapter.FieldsToInsert(t.shape, columns, tx.reserved[table])
		if err != nil {
			return err
		}
		hasID := slices.ContainsFunc(fields, func(f adapter.Field) bool { return f.At == t.id })
		for values := range rows {
			if err := firstOf(ctx.Err(), adapter.Width(table, fields, values)); err != nil {
				return err
			}
			row := t.blank()
			if t.id >= 0 && !hasID {
				id, _ := adapter.IDOf(t.shape)
				if row[t.id], err = t.nextID(id); err != nil {
					return err
				}
			}
			for i, v := range values {
				if row[fields[i].At], err = fields[i].In(v); err != nil {
					return err
				}
			}
			if err := firstOf(t.add(row), tx.checkPointers(t, row)); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkPointers demands that what a row points at is there.
func (tx *inventoryTx) checkPointers(t *table, row []storage.Value) error {
	for _, p := range t.pointed {
		if to := row[p.column]; !to.IsNull() {
			if _, there := tx.tables[p.at].placeOf(to); !there {
				return storage.Errorf(storage.ErrConflict, t.keyOf(row), "%s points at %s of table %q, which is not there",
					t.shape.Columns[p.column].Name, to, p.at)
			}
		}
	}
	return nil
}

// Update implements [storage.InventoryTx].
func (tx *inventoryTx) Update(
	ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange],
) (missed []storage.Value, err error) {
	err = tx.do(ctx, "update", func() error {
		t, err := tx.table(table)
		if err != nil {
			return err
		}
		idField, fields, err := adapter.FieldsToUpdate(t.shape, columns)
		if err != nil {
			return err
		}
		for c := range changes {
			id, err := idField.In(c.ID)
			if err = firstOf(ctx.Err(), err); err != nil {
				return err
			}
			place, there := t.placeOf(id)
			if !there {
				missed = append(missed, c.ID)
				continue
			}
			row, same, err := t.changed(fields, t.rows[place], c)
			if err != nil {
				return err
			}
			if !same {
				missed = append(missed, c.ID)
				continue
			}
			if err := firstOf(t.put(place, row), tx.checkPointers(t, row)); err != nil {
				return err
			}
		}
		return nil
	})
	return missed, err
}

// changed returns a row with new values, and whether it was as the change says.
func (t *table) changed(fields []adapter.Field, was []storage.Value, c storage.RowChange) (row []storage.Value, same bool, err error) {
	if err := adapter.Width(t.shape.Name, fields, c.New); err != nil {
		return nil, false, err
	}
	if c.Old != nil {
		if err := adapter.Width(t.shape.Name, fields, c.Old); err != nil {
			return nil, false, err
		}
	}
	row, same = slices.Clone(was), true
	for i := range fields {
		at := fields[i].At
		if c.Old != nil {
			old, err := fields[i].Like(c.Old[i])
			if err != nil {
				return nil, false, err
			}
			same = same && old == was[at]
		}
		if row[at], err = fields[i].In(c.New[i]); err != nil {
			return nil, false, err
		}
	}
	return row, same, nil
}

// Delete implements [storage.InventoryTx].
func (tx *inventoryTx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[[]storage.Value]) (n int, err error) {
	err = tx.do(ctx, "delete", func() error {
		t, err := tx.table(table)
		if err != nil {
			return err
		}
		fields, err := adapter.Fields(t.shape, columns)
		if err != nil {
			return err
		}
		find := t.finder(fields)
		like := make([]storage.Value, len(fields))
		for tuple := range tuples {
			if err := firstOf(ctx.Err(), adapter.Width(table, fields, tuple)); err != nil {
				return err
			}
			for i, v := range tuple {
				if like[i], err = fields[i].Like(v); err != nil {
					return err
				}
			}
			places := find(like)
			if err := tx.remove(t, places); err != nil {
				return err
			}
			n += len(places)
		}
		return nil
	})
	return n, err
}

// finder returns what finds the places of the rows that have values.
func (t *table) finder(fields []adapter.Field) func(values []storage.Value) []int {
	if len(fields) == 1 && fields[0].At == t.id {
		return func(values []storage.Value) []int {
			if place, there := t.placeOf(values[0]); there {
				return []int{place}
			}
			return nil
		}
	}
	places, values := map[string][]int{}, make([]storage.Value, len(fields))
	for place, row := range t.rows {
		if row == nil {
			continue
		}
		for i := range fields {
			values[i] = row[fields[i].At]
		}
		key := adapter.Key(values)
		places[key] = append(places[key], place)
	}
	return func(values []storage.Value) []int {
		key := adapter.Key(values)
		found := places[key]
		delete(places, key)
		return found
	}
}

// remove removes rows that no others point at. Those that go together may point at each other.
func (tx *inventoryTx) remove(t *table, places []int) error {
	rows := make([][]storage.Value, len(places))
	for i, place := range places {
		rows[i] = t.rows[place]
		if err := t.put(place, nil); err != nil {
			return err
		}
	}
	t.free = append(t.free, places...)
	for _, row := range rows {
		if err := tx.checkPointed(t, row); err != nil {
			return err
		}
	}
	return nil
}

// checkPointed demands that no row points at one that was removed.
func (tx *inventoryTx) checkPointed(t *table, row []storage.Value) error {
	if t.id < 0 {
		return nil
	}
	for _, other := range tx.tables {
		for _, p := range other.pointed {
			if n := p.counts[row[t.id]]; p.at == t.shape.Name && n > 0 {
				return storage.Errorf(storage.ErrConflict, t.keyOf(row), "%d rows of table %q point at it; remove them first", n, other.shape.Name)
			}
		}
	}
	return nil
}

// Touch implements [storage.InventoryTx].
func (tx *inventoryTx) Touch(ctx context.Context, rows iter.Seq[storage.Touched]) error {
	return tx.do(ctx, "touch", func() error {
		for row := range rows {
			if err := firstOf(ctx.Err(), row.Check()); err != nil {
				return err
			}
			tx.touched[row] = true
		}
		return nil
	})
}

// Touched implements [storage.InventoryTx].
func (tx *inventoryTx) Touched(ctx context.Context, after uint64) iter.Seq2[storage.Touched, error] {
	return func(yield func(storage.Touched, error) bool) {
		err := tx.do(ctx, "touched", func() error {
			if err := tx.fence.CheckAfter(after, tx.number); err != nil {
				return err
			}
			for row, save := range tx.scope.touched { // only who writes changes it
				if save > after && !yield(row, nil) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(storage.Touched{}, err)
		}
	}
}

// Commit implements [storage.InventoryTx].
func (tx *inventoryTx) Commit(ctx context.Context) error {
	if err := tx.use.Begin(ctx); err != nil {
		return failed("commit", err)
	}
	tx.use.Done(nil)
	if _, err := tx.use.End(); err != nil {
		return failed("commit", err)
	}
	tx.in.mu.Lock()
	tx.in.tables = tx.tables
	tx.in.scopes[tx.fence.Scope] = tx.scope
	tx.scope.token, tx.scope.saves = tx.fence.Token, tx.number
	for row := range tx.touched {
		tx.scope.touched[row] = tx.number
	}
	if tx.number > storage.KeptSaves {
		for row, save := range tx.scope.touched {
			if save <= tx.number-storage.KeptSaves {
				delete(tx.scope.touched, row)
			}
		}
	}
	tx.in.mu.Unlock()
	<-tx.in.turn
	return nil
}

// Close implements [storage.InventoryView]: what was not committed is forgotten.
func (tx *inventoryTx) Close() error {
	first, err := tx.use.End()
	if err == nil && first {
		<-tx.in.turn
	}
	return failed("close", err)
}
