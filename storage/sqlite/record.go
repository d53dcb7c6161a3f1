package sqlite

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// recordColumns are what a record is read from, in the order of scanRecord.
const recordColumns = `r.kind, r.id, r.version, r.fence, r.due, r.state, r.final, r.status, r.reason,
	r.operation, r.deadline, r.step, r.since, r.until, r.not_before, r.failures, r.grp, r.data_version, r.data`

// tallyColumn is a record's tally as JSON, so that one statement reads both as they are at one moment.
const tallyColumn = `(SELECT json_group_array(json_object('Group', t.grp, 'State', t.state, 'N', t.n))
	FROM reeve_tally AS t WHERE t.kind = r.kind AND t.id = r.id)`

// scanRecord scans recordColumns, and what more the statement selects.
func scanRecord(rows *sql.Rows, r *storage.Record, more ...any) error {
	to := []any{
		&r.Key.Kind, &r.Key.ID,
		numberColumn[uint64]{&r.Version},
		numberColumn[storage.Token]{&r.Fence},
		timeColumn{&r.Due},
		&r.State, &r.Final,
		nameColumn{&r.Status},
		&r.Reason, &r.Operation,
		timeColumn{&r.Deadline},
		&r.Step,
		timeColumn{&r.Since},
		timeColumn{&r.Until},
		timeColumn{&r.NotBefore},
		&r.Failures, &r.Group, &r.DataVersion, &r.Data,
	}
	return rows.Scan(append(to, more...)...)
}

// scanSnapshot scans recordColumns and tallyColumn, and what more the statement selects.
func scanSnapshot(rows *sql.Rows, now time.Time, more ...any) (storage.Snapshot, error) {
	s := storage.Snapshot{Now: now}
	var tally []byte
	if err := scanRecord(rows, &s.Record, append([]any{&tally}, more...)...); err != nil {
		return s, err
	}
	if len(tally) <= len("[]") {
		return s, nil
	}
	err := json.Unmarshal(tally, &s.Tally)
	slices.SortFunc(s.Tally, func(a, b storage.Tally) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.State, b.State))
	})
	return s, err
}
