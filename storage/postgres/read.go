package postgres

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// read sends what fn collects, where it can read. Nothing is held afterwards.
func (s *Store) read(ctx context.Context, fn func(*session)) error {
	if err := s.checkSchema(ctx); err != nil {
		return err
	}
	if s.host != nil {
		tx := s.inHost()
		fn(tx)
		return tx.flush(ctx)
	}
	return s.again(ctx, func() error { return s.send(ctx, fn) })
}

// readRecords is read for records, whose data may be in tables of the host's: these are read as they are
// at the same moment.
func (s *Store) readRecords(ctx context.Context, fn func(*session), found func() []*storage.Record) error {
	if len(s.tables) == 0 {
		return s.read(ctx, fn)
	}
	if err := s.checkSchema(ctx); err != nil {
		return err
	}
	if s.host != nil {
		return readIn(ctx, s, s.host, fn, found)
	}
	return s.again(ctx, func() error {
		conn, err := s.connect(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return early(err)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		return early(readIn(ctx, s, tx, fn, found))
	})
}

func readIn(ctx context.Context, s *Store, host pgx.Tx, fn func(*session), found func() []*storage.Record) error {
	tx := s.session(host)
	tx.tx = lent{host}
	if s.host != nil {
		tx = s.inHost()
	}
	fn(tx)
	if err := tx.flush(ctx); err != nil {
		return err
	}
	return tx.loadRows(ctx, found())
}

// loadRecords reads a record's tally with it, so that both are as they were at one moment.
var loadRecords = `SELECT ` + recordColumns + `, r.owner, r.lease_until, reeve.clock(), (
	SELECT json_agg(json_build_object('Group', t.grp, 'State', t.state, 'N', t.n) ORDER BY t.grp, t.state)
	FROM reeve.tally AS t WHERE t.kind = r.kind AND t.id = r.id)
FROM ` + keyRow.with("r", "reeve.record", ofKey)

// Load implements [storage.Records].
func (s *Store) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	load := s.load
	if s.gathers(len(keys)) && len(s.tables) == 0 {
		load = s.loads.call
	}
	out, err := load(ctx, keys)
	if err != nil {
		return nil, failed("load", err)
	}
	return out, nil
}

func (s *Store) load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	var now time.Time
	var found map[storage.Key]*storage.Snapshot
	err := s.readRecords(ctx, func(tx *session) {
		found = map[storage.Key]*storage.Snapshot{}
		tx.planByIndex(&now)
		tx.each(loadRecords, keyRows(keys), func(rows pgx.Rows) error {
			n := &storage.Snapshot{}
			var holder string
			var until, at time.Time
			err := scanRecord(rows, &n.Record, &holder, timeColumn{&until}, timeColumn{&at}, &n.Tally)
			if until.After(at) {
				n.Holder, n.HeldUntil = holder, until
			}
			found[n.Key] = n
			return err
		})
	}, func() (records []*storage.Record) {
		for _, n := range found {
			records = append(records, &n.Record)
		}
		return records
	})
	out := make([]storage.Snapshot, len(keys))
	given := map[storage.Key]bool{}
	for i, k := range keys {
		out[i].Key = k
		if n := found[k]; n != nil {
			out[i] = *n
			if given[k] { // each has a copy of its own
				out[i].Data, out[i].Tally = slices.Clone(n.Data), slices.Clone(n.Tally)
			}
			given[k] = true
		}
		out[i].Now = now
	}
	return out, err
}

// List implements [storage.Records].
func (s *Store) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	return adapter.Pages(q.Limit, func(last *storage.Record, size int) (out []storage.Record, err error) {
		after := q.After
		if last != nil {
			after = last.Key.ID
		}
		var f filter
		f.add("r.kind = $", q.Kind)
		f.add("r.id > $", after)
		addAny(&f, "r.state", q.States)
		addStatuses(&f, "r.status", q.Statuses)
		if q.Group != "" {
			f.add("r.grp = $", q.Group)
		}
		f.args = append(f.args, size)
		query := fmt.Sprintf(`SELECT `+recordColumns+` FROM reeve.record AS r%s ORDER BY r.id LIMIT $%d`, f.where(), len(f.args))
		err = s.readRecords(ctx, func(tx *session) {
			out = nil
			tx.query(query, func(rows pgx.Rows) error {
				var r storage.Record
				err := scanRecord(rows, &r)
				out = append(out, r)
				return err
			}, f.args...)
		}, func() []*storage.Record { return pointers(out) })
		return out, failed("list", err)
	})
}

func pointers(records []storage.Record) []*storage.Record {
	out := make([]*storage.Record, len(records))
	for i := range records {
		out[i] = &records[i]
	}
	return out
}

const countRecords = `SELECT state, count(*) FROM reeve.record WHERE kind = $1 GROUP BY state`

// Count implements [storage.Records]. It looks at each record of the kind.
func (s *Store) Count(ctx context.Context, kind string) (map[string]int, error) {
	out := map[string]int{}
	err := s.read(ctx, func(tx *session) {
		tx.query(countRecords, func(rows pgx.Rows) error {
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
