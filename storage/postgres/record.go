package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// recordColumns are what a record r is read from, in the order of scanRecord.
const recordColumns = `r.kind, r.id, r.version, r.fence, r.due, r.state, r.final, r.status, r.reason,
	r.operation, r.deadline, r.step, r.since, r.until, r.not_before, r.failures, r.grp, r.data_version, r.data`

// scanRecord scans recordColumns, and what more the statement returns.
func scanRecord(rows pgx.Rows, r *storage.Record, more ...any) error {
	to := [32]any{
		&r.Key.Kind, &r.Key.ID, &r.Version,
		(*uint64)(&r.Fence),
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
	const own = 19
	return rows.Scan(append(to[:own], more...)...)
}

// recordRow is what a record is written from, and when it wishes to be due.
const recordRow = `state text, final boolean, status text, reason text, operation text, deadline timestamptz, step text,
	since timestamptz, until timestamptz, not_before timestamptz, failures integer, grp text, data_version integer, data bytea,
	due timestamptz`

// recordValues returns recordRow. Data that is in the host's own table is not kept twice.
func (s *session) recordValues(c *step, due time.Time) []any {
	r, data := &c.Record, c.Record.Data
	if s.tables.has(c.Key.Kind) {
		data = nil
	}
	return []any{
		r.State, r.Final, r.Status.String(), r.Reason, r.Operation, storage.Time(r.Deadline), r.Step,
		sinceOf(r, s.now), storage.Time(r.Until), storage.Time(r.NotBefore), r.Failures, r.Group, r.DataVersion, data,
		due,
	}
}

func sinceOf(r *storage.Record, now time.Time) time.Time {
	if since := storage.Time(r.Since); !since.IsZero() {
		return since
	}
	return now
}

// earliest returns the first of times that are set; zero if none is.
func earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
