package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// read runs fn where it can read. Nothing is held afterwards. A record and its row in a table of the
// host's are read in one transaction, so that they belong together.
func (s *Store) read(ctx context.Context, fn func(*session) error) (err error) {
	defer func() {
		if err != nil && ctx.Err() != nil { // a driver may only say that it was interrupted
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}()
	if err := s.checkSchema(ctx); err != nil {
		return err
	}
	tx := &session{language: s.language, tables: s.tables, handle: s.host}
	if s.host != nil {
		return fn(tx)
	}
	if len(s.tables) == 0 {
		tx.handle, tx.reuse = s.reader.db, s.reader.prepare
		return fn(tx)
	}
	conn, err := s.reader.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	sqlTx, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = sqlTx.Rollback() }()
	tx.handle = sqlTx
	return fn(tx)
}

const loadRecords = `WITH v (kind, id) AS (VALUES {rows})
SELECT ` + recordColumns + `, ` + tallyColumn + `, r.owner, r.lease_until
FROM v CROSS JOIN reeve_record AS r ON r.kind = v.kind AND r.id = v.id`

// Load implements [storage.Records].
func (s *Store) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	now, out := now(), make([]storage.Snapshot, len(keys))
	at := map[storage.Key][]int{} // a key may be asked for twice
	for i, k := range keys {
		out[i] = storage.Snapshot{Record: storage.Record{Key: k}, Now: now}
		at[k] = append(at[k], i)
	}
	distinct := slices.SortedFunc(maps.Keys(at), storage.Key.Compare)
	err := s.read(ctx, func(tx *session) error {
		var found []*storage.Record
		err := tx.query(ctx, loadRecords, keyValues(distinct), func(rows *sql.Rows) error {
			var holder string
			var until time.Time
			snapshot, err := scanSnapshot(rows, now, &holder, timeColumn{&until})
			if err != nil {
				return err
			}
			if until.After(now) {
				snapshot.Holder, snapshot.HeldUntil = holder, until
			}
			first := &out[at[snapshot.Key][0]]
			*first = snapshot
			found = append(found, &first.Record)
			return nil
		})
		if err != nil {
			return err
		}
		return tx.loadRows(ctx, found)
	})
	if err != nil {
		return nil, failed("load", err)
	}
	for _, places := range at {
		for _, again := range places[1:] { // each has a copy of its own
			out[again] = out[places[0]]
			out[again].Data, out[again].Tally = slices.Clone(out[again].Data), slices.Clone(out[again].Tally)
		}
	}
	return out, nil
}

// List implements [storage.Records].
func (s *Store) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	return pages("list", q.Limit, func(last *storage.Record, size int) ([]storage.Record, error) {
		after := q.After
		if last != nil {
			after = last.Key.ID
		}
		var f filter
		f.add("r.kind = ? AND r.id > ?", q.Kind, after)
		addIn(&f, "r.state", q.States)
		addIn(&f, "r.status", namesOf(q.Statuses))
		if q.Group != "" {
			f.add("r.grp = ?", q.Group)
		}
		query := "SELECT " + recordColumns + " FROM reeve_record AS r" + f.where() + " ORDER BY r.id LIMIT ?"
		var out []storage.Record
		err := s.read(ctx, func(tx *session) error {
			err := tx.list(ctx, query, append(f.args, size), func(rows *sql.Rows) error {
				var r storage.Record
				err := scanRecord(rows, &r)
				out = append(out, r)
				return err
			})
			if err != nil {
				return err
			}
			found := make([]*storage.Record, len(out))
			for i := range out {
				found[i] = &out[i]
			}
			return tx.loadRows(ctx, found)
		})
		return out, err
	})
}

const countRecords = `SELECT state, count(*) FROM reeve_record WHERE kind = ? GROUP BY state`

// Count implements [storage.Records]. It looks at each record of the kind.
func (s *Store) Count(ctx context.Context, kind string) (map[string]int, error) {
	out := map[string]int{}
	err := s.read(ctx, func(tx *session) error {
		return tx.queryWhole(ctx, countRecords, values{}, func(rows *sql.Rows) error {
			var state string
			var n int
			err := rows.Scan(&state, &n)
			out[state] = n
			return err
		}, kind)
	})
	if err != nil {
		return nil, failed("count", err)
	}
	return out, nil
}
