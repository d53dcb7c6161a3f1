package postgres

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// sequenceOf is the sequence that a column has for its own, or that its default takes numbers from.
const sequenceOf = `SELECT d.objid FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::text::regclass AND d.refobjsubid = $2 AND d.deptype IN ('a', 'i')
UNION ALL SELECT d.refobjid FROM pg_catalog.pg_attrdef AS e
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'S'
WHERE e.adrelid = $1::text::regclass AND e.adnum = $2 LIMIT 1`

// Reserve implements [storage.InventoryTx]. Integers come from the sequence of the id; those of rows that are there are left
// out. Where there is no sequence they come after the greatest id, and the table is locked against other writers until the
// transaction ends.
func (tx *inventoryTx) Reserve(ctx context.Context, table string, n int) (ids []storage.Value, err error) {
	err = tx.do(ctx, "reserve", func() error {
		t, err := tx.shape(ctx, table)
		if err != nil {
			return err
		}
		id, err := adapter.IDOf(&t.Table)
		if err != nil {
			return err
		}
		tx.reserved[table] = true
		switch id.Type {
		case storage.UUIDType:
			for range n {
				ids = append(ids, adapter.NewUUID())
			}
			return nil
		case storage.IntType:
			ids, err = tx.reserve(ctx, t, &id, n)
			return err
		default:
			return fmt.Errorf("%w: the ids of table %q are %s; integers and UUIDs can be reserved", storage.ErrInvalid, table, id.Type)
		}
	})
	return ids, err
}

// reserve returns n integers.
func (tx *inventoryTx) reserve(ctx context.Context, t *shape, id *adapter.Field, n int) ([]storage.Value, error) {
	sequence := uint32(0)
	tx.own.query(sequenceOf, func(rows pgx.Rows) error { return rows.Scan(&sequence) }, t.name, t.columns[id.At].number)
	if err := tx.own.flush(ctx); err != nil {
		return nil, err
	}
	if sequence == 0 {
		return tx.reserveAfter(ctx, t, id, n)
	}
	if n == 0 {
		return nil, nil
	}
	if ids, err := tx.reserveInRow(ctx, t, id, sequence, n); err != nil || ids != nil {
		return ids, refusal(t.Name, err)
	}
	next := fmt.Sprintf(`SELECT v.id FROM (SELECT nextval(%d::oid::regclass) AS id FROM generate_series(1, $1::int)) AS v
WHERE NOT EXISTS (SELECT FROM %s AS t WHERE t.%s = v.id)`, sequence, t.name, quoted(id.Name))
	ids := make([]storage.Value, 0, n)
	for size := 0; len(ids) < n; {
		size = max(n-len(ids), min(2*size, 10_000)) // the sequence may be far behind
		err := tx.integers(ctx, next, [][]byte{strconv.AppendInt(nil, int64(size), 10)}, func(id int64) { ids = append(ids, storage.IntValue(id)) })
		if err != nil {
			return nil, refusal(t.Name, err)
		}
	}
	return ids[:n], nil
}

// reserveInRow returns n integers, if the sequence gives them one after the other and no row has one of them. Only the first and
// the last come from the server. What it gives otherwise is left out.
func (tx *inventoryTx) reserveInRow(ctx context.Context, t *shape, id *adapter.Field, sequence uint32, n int) (ids []storage.Value, err error) {
	next := fmt.Sprintf(`WITH v AS MATERIALIZED (SELECT min(id) AS first, max(id) AS last FROM (SELECT nextval(%d::oid::regclass) AS id FROM generate_series(1, $1::int)) AS v)
SELECT unnest(ARRAY[first, last]) FROM v WHERE NOT EXISTS (SELECT FROM %s AS t, v WHERE t.%s BETWEEN v.first AND v.last)`, sequence, t.name, quoted(id.Name))
	var ends []int64
	if err := tx.integers(ctx, next, [][]byte{strconv.AppendInt(nil, int64(n), 10)}, func(id int64) { ends = append(ends, id) }); err != nil {
		return nil, err
	}
	if len(ends) != 2 || ends[1]-ends[0] != int64(n)-1 {
		return nil, nil
	}
	ids = make([]storage.Value, n)
	for i := range ids {
		ids[i] = storage.IntValue(ends[0] + int64(i))
	}
	return ids, nil
}

// reserveAfter returns n integers that come after those that rows of the table have, and after those that were reserved.
func (tx *inventoryTx) reserveAfter(ctx context.Context, t *shape, id *adapter.Field, n int) (ids []storage.Value, err error) {
	tx.own.batch.Queue("LOCK TABLE " + t.name + " IN SHARE ROW EXCLUSIVE MODE")
	if err := tx.own.flush(ctx); err != nil {
		return nil, err
	}
	last := tx.last[t.Name]
	greatest := fmt.Sprintf("SELECT greatest(max(%s), $1)::bigint FROM %s", quoted(id.Name), t.name)
	if err := tx.integers(ctx, greatest, [][]byte{strconv.AppendInt(nil, last, 10)}, func(id int64) { last = id }); err != nil {
		return nil, err
	}
	if int64(n) > math.MaxInt64-last {
		return nil, fmt.Errorf("%w: table %q has no ids left after %d", storage.ErrInvalid, t.Name, last)
	}
	for range n {
		last++
		ids = append(ids, storage.IntValue(last))
	}
	tx.last[t.Name] = last
	return ids, nil
}
