package postgres

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// Update implements [storage.InventoryTx], many rows at a time.
func (tx *inventoryTx) Update(
	ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange],
) (missed []storage.Value, err error) {
	err = tx.do(ctx, "update", func() error {
		t, err := tx.shape(ctx, table)
		if err != nil {
			return err
		}
		u := updater{tx: tx, shape: t}
		if u.id, u.fields, err = adapter.FieldsToUpdate(&t.Table, columns); err != nil {
			return err
		}
		u.arrays = newArrays(2 + 2*len(u.fields))
		unique := t.isUnique(u.fields)
		for c := range changes {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := u.add(c); err != nil {
				return err
			}
			if unique || u.arrays.many() {
				if err := u.flush(ctx); err != nil {
					return err
				}
			}
		}
		err = u.flush(ctx)
		missed = u.missed
		return err
	})
	return missed, err
}

// isUnique reports whether columns are in a unique index. Then the order of changes counts, which the server does not
// keep among those of one statement.
func (t *shape) isUnique(fields []adapter.Field) bool {
	return slices.ContainsFunc(t.Unique, func(names []string) bool {
		return slices.ContainsFunc(fields, func(f adapter.Field) bool { return slices.Contains(names, f.Name) })
	})
}

// An updater collects changes: the ids, whether old values are given, the new values and the old ones.
type updater struct {
	tx     *inventoryTx
	shape  *shape
	id     adapter.Field
	fields []adapter.Field
	arrays *arrays
	ids    []storage.Value
	some   bool // old values are given with some
	missed []storage.Value
}

func (u *updater) add(c storage.RowChange) error {
	id, err := u.shape.in(&u.id, c.ID)
	if err != nil {
		return err
	}
	u.ids = append(u.ids, c.ID)
	u.arrays.rows++
	u.arrays.add(0, id)
	u.arrays.add(1, storage.BoolValue(c.Old != nil))
	if err := u.addAll(2, c.New, u.shape.in); err != nil {
		return err
	}
	if c.Old != nil {
		u.some = true
		return u.addAll(2+len(u.fields), c.Old, u.shape.like)
	}
	for i := range u.fields {
		u.arrays.add(2+len(u.fields)+i, storage.Value{})
	}
	return nil
}

func (u *updater) addAll(first int, values []storage.Value, as func(*adapter.Field, storage.Value) (storage.Value, error)) error {
	if err := adapter.Width(u.shape.Name, u.fields, values); err != nil {
		return err
	}
	for i, v := range values {
		like, err := as(&u.fields[i], v)
		if err != nil {
			return err
		}
		u.arrays.add(first+i, like)
	}
	return nil
}

// flush makes the changes.
func (u *updater) flush(ctx context.Context) error {
	if u.arrays.rows == 0 {
		return nil
	}
	params := u.arrays.params()
	if !u.some {
		params = params[:2+len(u.fields)]
	}
	made := make([]bool, len(u.ids))
	if err := u.tx.integers(ctx, u.statement(), params, func(place int64) { made[place-1] = true }); err != nil {
		return refusal(u.shape.Name, err)
	}
	for i, id := range u.ids {
		if !made[i] {
			u.missed = append(u.missed, id)
		}
	}
	u.arrays.clear()
	u.ids, u.some = u.ids[:0], false
	return nil
}

// statement makes the changes and returns the places of those that were made.
func (u *updater) statement() string {
	id := &u.shape.columns[u.id.At]
	arrays := []string{"$1::" + id.compared + "[]", "$2::boolean[]"}
	names := []string{"id", "old"}
	for i := range u.fields {
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", len(arrays)+1, u.column(i).sent))
		names = append(names, fmt.Sprint("n", i))
	}
	is := id.stored("t."+quoted(u.id.Name)) + " = " + id.given("u.id")
	set := make([]string, len(u.fields))
	for i, f := range u.fields {
		set[i] = fmt.Sprintf("%s = u.n%d::%s", quoted(f.Name), i, u.column(i).typeName)
	}
	if u.some {
		same := make([]string, len(u.fields))
		for i, f := range u.fields {
			arrays = append(arrays, fmt.Sprintf("$%d::%s[]", len(arrays)+1, u.column(i).compared))
			names = append(names, fmt.Sprint("o", i))
			same[i] = u.column(i).stored("t."+quoted(f.Name)) + " IS NOT DISTINCT FROM " + u.column(i).given(fmt.Sprint("u.o", i))
		}
		is += " AND (NOT u.old OR " + strings.Join(same, " AND ") + ")"
	}
	return "UPDATE " + u.shape.name + " AS t SET " + strings.Join(set, ", ") +
		" FROM unnest(" + strings.Join(arrays, ", ") + ") WITH ORDINALITY AS u (" + strings.Join(names, ", ") + ", place) WHERE " + is + " RETURNING u.place"
}

func (u *updater) column(i int) *columnShape { return &u.shape.columns[u.fields[i].At] }
