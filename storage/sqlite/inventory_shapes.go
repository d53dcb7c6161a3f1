package sqlite

import (
	"context"
	"sync"
)

// shapes are what is known of the host's tables, as long as the schema stays as it is.
type shapes struct {
	mu     sync.Mutex
	schema int64 // SQLite's number of it
	of     map[string]*shape
}

// schemaOf returns the number that SQLite gives to the schema that a transaction sees.
func schemaOf(ctx context.Context, tx Tx) (n int64, err error) {
	err = tx.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&n)
	return n, err
}

// find returns what is known of a table in a schema.
func (k *shapes) find(schema int64, table string) *shape {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.schema != schema {
		return nil
	}
	return k.of[table]
}

func (k *shapes) keep(schema int64, table string, s *shape) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.schema != schema || k.of == nil {
		k.schema, k.of = schema, map[string]*shape{}
	}
	k.of[table] = s
}

// shape returns what is known of a table. What a transaction itself does to the schema is not known to others: it can be
// undone, and then another schema gets its number.
func (v *inventoryView) shape(ctx context.Context, table string) (*shape, error) {
	if found := v.shapes[table]; found != nil {
		return found, nil
	}
	now, err := schemaOf(ctx, v.tx)
	if err != nil {
		return nil, err
	}
	found := v.store.shapes.find(now, table)
	if now != v.schema {
		found = nil
	}
	if found == nil {
		if found, err = describe(ctx, v.tx, table); err != nil {
			return nil, err
		}
		if now == v.schema {
			v.store.shapes.keep(now, table, found)
		}
	}
	v.shapes[table] = found
	return found, nil
}
