package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// A hand is the host's own SQL, on the tables that the store made: one connection, and everything
// prepared on it.
type hand struct {
	begin, commit, rollback, load, update, line *sql.Stmt
}

func (s *setup) openHand(ctx context.Context) (*hand, error) {
	db, _, err := s.openNodes(ctx, "hand.db", sqlite.Normal)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s.closeAfter(conn)
	h := &hand{}
	for to, text := range map[**sql.Stmt]string{
		&h.begin:    `BEGIN IMMEDIATE`,
		&h.commit:   `COMMIT`,
		&h.rollback: `ROLLBACK`,
		&h.load: `SELECT version, state, final, status, reason, operation, deadline, step, since, until, due, failures, grp,
			data_version, data FROM reeve_record WHERE kind = ? AND id = ?`,
		&h.update: `UPDATE reeve_record SET version = version + 1, state = ?, final = ?, status = ?, reason = ?, operation = ?,
			deadline = ?, step = ?, since = ?, until = ?, due = ?, failures = ?, grp = ?, data_version = ?, data = ?
			WHERE kind = ? AND id = ? AND version = ?`,
		&h.line: `INSERT INTO reeve_line (kind, id, version, n, at, element, from_state, event, to_state, cause, operation)
			VALUES (?, ?, ?, 0, ?, '', ?, ?, ?, ?, ?)`,
	} {
		stmt, err := conn.PrepareContext(ctx, text) //nolint:sqlclosecheck // closed after the row
		if err != nil {
			return nil, err
		}
		s.closeAfter(stmt)
		*to = stmt
	}
	return h, nil
}

// A handRow is a record as a host would have it.
type handRow struct {
	id                                          string
	version                                     int64
	state, status, reason, operation, step, grp string
	final                                       bool
	since                                       int64
	deadline, until, due                        sql.NullInt64
	failures, dataVersion                       int64
	data                                        []byte
}

func (h *hand) fire(ctx context.Context) func(n int) error {
	m := introspection()
	var nodes march
	return func(n int) error {
		for range n {
			id, behind := nodes.next()
			if err := h.fireOne(ctx, m, id, walk[behind%4]); err != nil {
				return err
			}
		}
		return nil
	}
}

func (h *hand) fireOne(ctx context.Context, m *machine, id string, e event) error {
	r, err := h.read(ctx, id)
	if err != nil {
		return err
	}
	from := r.state
	to, err := m.Step(state(from), e)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	r.state, r.since = string(to), now.UnixMicro()
	if after, _, limited := m.Timeout(to); limited {
		r.until = sql.NullInt64{Int64: now.Add(after).UnixMicro(), Valid: true}
	} else {
		r.until = sql.NullInt64{}
	}
	r.due = r.until
	if mode, _ := m.Mode(to); mode == fsm.Active {
		r.due = sql.NullInt64{Int64: r.since, Valid: true}
	}
	var data inspection
	if err := json.Unmarshal(r.data, &data); err != nil {
		return err
	}
	data.FinishedAt = now
	if r.data, err = json.Marshal(data); err != nil {
		return err
	}
	return h.transact(ctx, func() error { return h.write(ctx, &r, storage.Line{From: from, Event: string(e), To: r.state}) })
}

func (h *hand) read(ctx context.Context, id string) (handRow, error) {
	r := handRow{id: id}
	err := h.load.QueryRowContext(ctx, nodeKind, id).Scan(&r.version, &r.state, &r.final, &r.status, &r.reason, &r.operation, &r.deadline,
		&r.step, &r.since, &r.until, &r.due, &r.failures, &r.grp, &r.dataVersion, &r.data)
	return r, err
}

func (h *hand) write(ctx context.Context, r *handRow, l storage.Line) error {
	done, err := h.update.ExecContext(ctx, r.state, r.final, r.status, r.reason, r.operation, r.deadline, r.step, r.since, r.until, r.due,
		r.failures, r.grp, r.dataVersion, r.data, nodeKind, r.id, r.version)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); n != 1 {
		return errors.Join(err, fmt.Errorf("%s is not at version %d any more", r.id, r.version))
	}
	_, err = h.line.ExecContext(ctx, nodeKind, r.id, r.version+1, r.since, l.From, l.Event, l.To, "order", r.operation)
	return err
}

// apply writes changes in one transaction. Statements of many rows were not faster.
func (h *hand) apply(ctx context.Context, changes []storage.Change) error {
	now := time.Now().UnixMicro()
	return h.transact(ctx, func() error {
		for i := range changes {
			c := &changes[i]
			r := handRow{id: c.Key.ID, version: int64(c.Version), state: c.Record.State, status: "ok", since: now, data: c.Record.Data} //nolint:gosec // a count
			if err := h.write(ctx, &r, c.Lines[0]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *hand) transact(ctx context.Context, fn func() error) error {
	if _, err := h.begin.ExecContext(ctx); err != nil {
		return err
	}
	if err := fn(); err != nil {
		_, undo := h.rollback.ExecContext(ctx)
		return errors.Join(err, undo)
	}
	_, err := h.commit.ExecContext(ctx)
	return err
}
