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
		u.unique = t.uniqueAmong(u.fields)
		for c := range changes {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := u.add(c); err != nil {
				return err
			}
			if u.arrays.many() {
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

// An updater collects changes, of each the id, the new values, whether old ones are given, and these.
type updater struct {
	tx     *inventoryTx
	shape  *shape
	id     adapter.Field
	fields []adapter.Field
	unique [][]string // indexes
	arrays *arrays
	ids    []storage.Value // as they were given
	values []storage.Value // the same as in the arrays, where the order of changes may count
	some   bool            // old values are given with some
	missed []storage.Value
}

func (u *updater) add(c storage.RowChange) error {
	id, err := u.shape.in(&u.id, c.ID)
	if err != nil {
		return err
	}
	from := len(u.values)
	u.values = append(u.values, id)
	if err := u.addAll(c.New, u.shape.in); err != nil {
		return err
	}
	u.values = append(u.values, storage.BoolValue(c.Old != nil))
	if c.Old != nil {
		u.some = true
		if err := u.addAll(c.Old, u.shape.like); err != nil {
			return err
		}
	} else {
		u.values = append(u.values, make([]storage.Value, len(u.fields))...)
	}
	u.ids = append(u.ids, c.ID)
	u.put(u.values[from:])
	if len(u.unique) == 0 {
		u.values = u.values[:0]
	}
	return nil
}

func (u *updater) addAll(values []storage.Value, as func(*adapter.Field, storage.Value) (storage.Value, error)) error {
	if err := adapter.Width(u.shape.Name, u.fields, values); err != nil {
		return err
	}
	for i, v := range values {
		like, err := as(&u.fields[i], v)
		if err != nil {
			return err
		}
		u.values = append(u.values, like)
	}
	return nil
}

func (u *updater) put(values []storage.Value) {
	u.arrays.rows++
	for i, v := range values {
		u.arrays.add(i, v)
	}
}

// flush makes the changes, by one statement if their order does not count.
func (u *updater) flush(ctx context.Context) error {
	if len(u.ids) == 0 {
		return nil
	}
	params := u.arrays.params()
	cuts, err := u.cuts(ctx, params)
	if err != nil {
		return err
	}
	if len(cuts) == 0 {
		err = u.change(ctx, params, u.ids)
	}
	width, from := 2+2*len(u.fields), 0
	for _, to := range cuts {
		u.arrays.clear()
		for row := range slices.Chunk(u.values[from*width:to*width], width) {
			u.put(row)
		}
		if err := u.change(ctx, u.arrays.params(), u.ids[from:to]); err != nil {
			return err
		}
		from = to
	}
	u.arrays.clear()
	u.ids, u.values, u.some = u.ids[:0], u.values[:0], false
	return err
}

// change makes the changes of rows.
func (u *updater) change(ctx context.Context, params [][]byte, ids []storage.Value) error {
	if !u.some {
		params = params[:1+len(u.fields)]
	}
	made := make([]bool, len(ids))
	if err := u.tx.integers(ctx, u.statement(), params, func(place int64) { made[place-1] = true }); err != nil {
		return refusal(u.shape.Name, err)
	}
	for i, id := range ids {
		if !made[i] {
			u.missed = append(u.missed, id)
		}
	}
	return nil
}

// statement makes the changes and returns the places of those that were made.
func (u *updater) statement() string {
	set := make([]string, len(u.fields))
	for i, f := range u.fields {
		set[i] = quoted(f.Name) + " = " + u.given(i)
	}
	is := u.isRow()
	var arrays, names []string
	if u.some {
		same := make([]string, len(u.fields))
		arrays, names = append(arrays, fmt.Sprintf("$%d::boolean[]", 2+len(u.fields))), append(names, "old")
		for i, f := range u.fields {
			arrays = append(arrays, fmt.Sprintf("$%d::%s[]", 3+len(u.fields)+i, u.column(i).compared))
			names = append(names, fmt.Sprint("o", i))
			same[i] = u.column(i).stored("t."+quoted(f.Name)) + " IS NOT DISTINCT FROM " + u.column(i).given(fmt.Sprint("u.o", i))
		}
		is += " AND (NOT u.old OR " + strings.Join(same, " AND ") + ")"
	}
	return "UPDATE " + u.shape.name + " AS t SET " + strings.Join(set, ", ") + " FROM " + u.rows(arrays, names) + " WHERE " + is + " RETURNING u.place"
}

// rows returns the ids and new values as rows u in SQL, with some more arrays.
func (u *updater) rows(more, theirs []string) string {
	arrays, names := []string{"$1::" + u.shape.columns[u.id.At].compared + "[]"}, []string{"id"}
	for i := range u.fields {
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", 2+i, u.column(i).sent))
		names = append(names, fmt.Sprint("n", i))
	}
	return "unnest(" + strings.Join(append(arrays, more...), ", ") + ") WITH ORDINALITY AS u (" + strings.Join(append(names, theirs...), ", ") + ", place)"
}

// isRow returns the condition in SQL that t is the row that u is about.
func (u *updater) isRow() string {
	id := &u.shape.columns[u.id.At]
	return id.stored("t."+quoted(u.id.Name)) + " = " + id.given("u.id")
}

// given returns the new value of a field in SQL.
func (u *updater) given(i int) string { return fmt.Sprintf("u.n%d::%s", i, u.column(i).typeName) }

func (u *updater) column(i int) *columnShape { return &u.shape.columns[u.fields[i].At] }
