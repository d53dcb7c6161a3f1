package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A step is a change that is being made.
type step struct {
	*storage.Change
	answer  *error
	version uint64 // of the record afterwards; zero until the guards have let it pass
	before  string // the state of a record that was deleted
	foreign string // an effect that it emits and another record emitted before
}

const (
	recordNames = `state, final, status, reason, operation, deadline, step, since, until, not_before, failures, grp, data_version, data`

	// historyEnds is the version with which the history of v ends, zero if there is none: that of a
	// deletion is above all tokens of the record, see storage.Change.Delete.
	historyEnds = `coalesce((SELECT max(l.version) FROM reeve_line AS l WHERE l.kind = v.kind AND l.id = v.id), 0)`

	// createRecords leaves a record that exists as it is, and does not return it.
	createRecords = `WITH v (kind, id, token, ` + recordNames + `, due) AS (VALUES {rows})
INSERT INTO reeve_record (kind, id, version, fence, token, ` + recordNames + `, due)
SELECT kind, id, ` + historyEnds + ` + 1, token, max(` + historyEnds + `, iif(token = 0, 0, token + 1)),
	` + recordNames + `, iif(status = 'ok' AND NOT final, max(due, ifnull(not_before, 0)), NULL)
FROM v WHERE true
ON CONFLICT (kind, id) DO NOTHING
RETURNING kind, id, version`

	updateNames = `kind, id, token, ` + recordNames + `, due, version, lines, now`

	// setRecord writes a record r from v where both guards let it pass.
	setRecord = `UPDATE reeve_record AS r SET
	version = r.version + 1,
	fence = iif(v.token = 0, r.fence, v.token),
	token = iif(v.token = 0, r.token, v.token + 1),
	owner = iif(v.token = 0, r.owner, ''),
	lease_until = iif(v.token = 0, r.lease_until, NULL),
	state = v.state, final = v.final, status = v.status, reason = v.reason, operation = v.operation,
	deadline = v.deadline, step = v.step, since = v.since, until = v.until, not_before = v.not_before, failures = v.failures, grp = v.grp,
	data_version = v.data_version, data = v.data,
	kept = iif(r.kept = 1 AND v.lines > 0, 2, r.kept),
	due = max(CASE WHEN v.status <> 'ok' OR v.final THEN NULL WHEN ` + hasOpenMessage + ` THEN v.now ELSE ` + earliestWish + ` END, ifnull(v.not_before, 0))
`
	guardsHold = `WHERE r.kind = v.kind AND r.id = v.id AND r.version = v.version AND (v.token = 0 OR r.token <= v.token)`

	// updateRecords returns the records that it wrote.
	updateRecords = `WITH v (` + updateNames + `) AS (VALUES {rows})
` + setRecord + `FROM v
` + guardsHold + `
RETURNING kind, id`

	deleteRecords = `WITH v (kind, id, token, version) AS (VALUES {rows})
DELETE FROM reeve_record WHERE row IN (
	SELECT r.row FROM v CROSS JOIN reeve_record AS r ` + guardsHold + `)
RETURNING kind, id, state, token`
)

// updateRecord does it for one record, of which there is mostly one. It takes two thirds of the time.
var updateRecord = inPlace(updateNames, setRecord+guardsHold)

// recordValues returns recordNames and due. Data that is in the host's own table is not kept twice.
func (s *session) recordValues(kind string, r *storage.Record, now time.Time) []any {
	data := blob(r.Data)
	if s.mapped(kind) {
		data = nil
	}
	return []any{
		r.State, r.Final, r.Status.String(), r.Reason, r.Operation, micros(storage.Time(r.Deadline)), r.Step,
		micros(sinceOf(r, now)), micros(storage.Time(r.Until)), micros(storage.Time(r.NotBefore)), r.Failures, r.Group, r.DataVersion, data,
		micros(storage.Time(r.Due)),
	}
}

func sinceOf(r *storage.Record, now time.Time) time.Time {
	if since := storage.Time(r.Since); !since.IsZero() {
		return since
	}
	return now
}

// writeRecords writes the records of the steps that the guards let pass, and sets their versions. No
// two steps are to one record.
func (s *session) writeRecords(ctx context.Context, steps []*step, now time.Time) error {
	byKey := map[storage.Key]*step{}
	var creates, updates, deletes values
	var last *step // of those that update
	for _, c := range steps {
		byKey[c.Key] = c
		row := []any{c.Key.Kind, c.Key.ID, integer(c.Token)}
		switch {
		case c.Delete:
			deletes.row(append(row, integer(c.Version))...)
		case c.Version == 0:
			creates.row(append(row, s.recordValues(c.Key.Kind, &c.Record, now)...)...)
		default:
			row = append(row, s.recordValues(c.Key.Kind, &c.Record, now)...)
			updates.row(append(row, integer(c.Version), len(c.Lines), now.UnixMicro())...)
			last = c
		}
	}
	err := s.query(ctx, createRecords, creates, func(rows *sql.Rows) error {
		var k storage.Key
		var version uint64
		if err := rows.Scan(&k.Kind, &k.ID, numberColumn[uint64]{&version}); err != nil {
			return err
		}
		byKey[k].version = version
		return nil
	})
	if err != nil {
		return err
	}
	if updates.rows() == 1 {
		n, err := s.execWhole(ctx, updateRecord, updates)
		if err != nil {
			return err
		}
		if n == 1 {
			last.version = last.Version + 1
		}
	} else if err := s.query(ctx, updateRecords, updates, func(rows *sql.Rows) error {
		_, err := scanMoved(rows, byKey)
		return err
	}); err != nil {
		return err
	}
	return s.query(ctx, deleteRecords, deletes, func(rows *sql.Rows) error {
		var before string
		var token storage.Token
		c, err := scanMoved(rows, byKey, &before, numberColumn[storage.Token]{&token})
		if err == nil {
			c.before, c.version = before, max(c.Version, uint64(token), uint64(c.Token))+1
		}
		return err
	})
}

// scanMoved scans the key of a record that was written, and what more the statement returns.
func scanMoved(rows *sql.Rows, byKey map[storage.Key]*step, more ...any) (*step, error) {
	var k storage.Key
	if err := rows.Scan(append([]any{&k.Kind, &k.ID}, more...)...); err != nil {
		return nil, err
	}
	c := byKey[k]
	c.version = c.Version + 1
	return c, nil
}
