package postgres

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// The history is written by the same statement as the records: its lines are the first parameters.
var (
	lineRow = columnsOf(`kind text, id text, version bigint, n integer, at timestamptz, element text,
	from_state text, event text, to_state text, cause text, operation text, inputs bytea`)

	withLines = `WITH history AS (
	INSERT INTO reeve.line (` + lineRow.names("") + `) SELECT ` + lineRow.names("l.") + ` FROM ` + lineRow.as("l", 1) + `
)
`
	afterLines = len(lineRow) + 1
)

var (
	createdRow = columnsOf(`kind text, id text, version bigint, token bigint, fence bigint, parts boolean, ` + recordRow)

	createRecords = fmt.Sprintf(withLines+`INSERT INTO reeve.record (`+createdRow.names("")+`)
SELECT `+createdRow.names("v.")+` FROM `+createdRow.as("v", afterLines)+` ORDER BY v.ordinal
RETURNING due <= $%d`, afterLines+len(createdRow))

	changedRow = columnsOf(`kind text, id text, version bigint, token bigint, lines integer, parts boolean, ` + recordRow)

	hasOpenMessage = `EXISTS (SELECT 1 FROM reeve.message AS m WHERE m.kind = r.kind AND m.id = r.id AND m.ended IS NULL)`

	// When a record r is due: never while nobody may work on it, now if it has an open message, else as it
	// wishes in v, or earlier if an element needs it; but not before it may have a turn. The guards stand here
	// once more, although the records are locked: what does not fit is not written.
	updateRecords = fmt.Sprintf(withLines+`UPDATE reeve.record AS r SET
	version = r.version + 1,
	fence = CASE WHEN v.token = 0 THEN r.fence ELSE v.token END,
	token = CASE WHEN v.token = 0 THEN r.token ELSE v.token + 1 END,
	owner = CASE WHEN v.token = 0 THEN r.owner ELSE '' END,
	lease_until = CASE WHEN v.token = 0 THEN r.lease_until END,
	state = v.state, final = v.final, status = v.status, reason = v.reason, operation = v.operation,
	deadline = v.deadline, step = v.step, since = v.since, until = v.until, not_before = v.not_before,
	failures = v.failures, grp = v.grp, data_version = v.data_version, data = v.data,
	parts = r.parts OR v.parts,
	kept = CASE WHEN r.kept = 1 AND v.lines > 0 THEN 2 ELSE r.kept END,
	due = CASE WHEN v.status = 'ok' AND NOT v.final THEN (
		SELECT greatest(w.wish, v.not_before) FROM (
			SELECT CASE WHEN `+hasOpenMessage+` THEN $%[1]d ELSE least(v.due, (
				SELECT min(e.due) FROM reeve.element AS e WHERE e.kind = r.kind AND e.id = r.id AND e.due IS NOT NULL)) END AS wish
		) AS w WHERE w.wish IS NOT NULL) END
FROM `+changedRow.at(afterLines, "reeve.record", ofKey)+`
WHERE r.ctid = found.at AND r.version = v.version AND (v.token = 0 OR r.token <= v.token)
RETURNING r.due <= $%[1]d AND r.lease_until IS NULL`, afterLines+len(changedRow))

	deletedRow = columnsOf(`kind text, id text, version bigint`)

	deleteRecords = withLines + `DELETE FROM reeve.record AS r USING ` + deletedRow.at(afterLines, "reeve.record", ofKey) + `
WHERE r.ctid = found.at AND r.version = v.version`
)

// lineRows returns what the history is to say of steps, and after it the parameters of the statement that
// writes it.
func (s *session) lineRows(steps []*step, r *rows, more ...any) []any {
	lines := lineRow.rows(len(steps))
	for _, c := range steps {
		for n, l := range c.lines() {
			lines.add(c.Key.Kind, c.Key.ID, integer(c.version), n, s.now, l.Element,
				l.From, l.Event, l.To, l.Cause, l.Operation, l.Inputs)
		}
	}
	return lines.args(s.plain, r.args(s.plain, more...)...)
}

func (s *session) createRecords(steps []*step) {
	if len(steps) == 0 {
		return
	}
	created := createdRow.rows(len(steps))
	for _, c := range sortedByKey(steps) {
		row := []any{c.Key.Kind, c.Key.ID, integer(c.version), integer(c.token), integer(c.Token), len(c.Elements) > 0}
		created.add(append(row, s.recordValues(c, c.firstDue())...)...)
	}
	s.queryDue(storage.HintRecords, createRecords, s.lineRows(steps, created, s.now)...)
}

// firstDue is when a record that is created is due.
func (c *step) firstDue() time.Time {
	r := &c.Record
	if r.Status != storage.OK || r.Final {
		return time.Time{}
	}
	due := storage.Time(r.Due)
	for i := range c.Elements {
		due = earliest(due, storage.Time(c.Elements[i].Due))
	}
	if notBefore := storage.Time(r.NotBefore); !due.IsZero() && due.Before(notBefore) {
		return notBefore
	}
	return due
}

func (s *session) updateRecords(steps []*step) {
	if len(steps) == 0 {
		return
	}
	changed := changedRow.rows(len(steps))
	for _, c := range steps {
		row := []any{c.Key.Kind, c.Key.ID, integer(c.Version), integer(c.Token), len(c.Lines), len(c.Elements) > 0}
		changed.add(append(row, s.recordValues(c, storage.Time(c.Record.Due))...)...)
	}
	s.queryDue(storage.HintRecords, updateRecords, s.lineRows(steps, changed, s.now)...)
}

// belongings goes with a record. What is marked in its history as kept is kept no longer.
var belongings = [...]string{
	`DELETE FROM reeve.element AS b USING ` + keyRow.at(1, "reeve.element", ofKey) + ` WHERE b.ctid = found.at`,
	`DELETE FROM reeve.tally AS b USING ` + keyRow.at(1, "reeve.tally", ofKey) + ` WHERE b.ctid = found.at`,
	`DELETE FROM reeve.message AS b USING ` + keyRow.at(1, "reeve.message", ofKey) + ` WHERE b.ctid = found.at`,
	`DELETE FROM reeve.effect AS b USING ` + keyRow.at(1, "reeve.effect", ofKey) + ` WHERE b.ctid = found.at`,
	unkeepLines,
}

// deleteRecords removes records and what belonged to them, but for their history.
func (s *session) deleteRecords(steps []*step) {
	if len(steps) == 0 {
		return
	}
	deleted, keys := deletedRow.rows(len(steps)), make([]storage.Key, len(steps))
	for i, c := range steps {
		deleted.add(c.Key.Kind, c.Key.ID, integer(c.Version))
		keys[i] = c.Key
	}
	s.exec(deleteRecords, s.lineRows(steps, deleted)...)
	for _, query := range belongings {
		s.over(query, keyRows(keys))
	}
}
