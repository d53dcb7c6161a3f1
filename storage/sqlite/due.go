package sqlite

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// When a record r is due: never while nobody may work on it, now if it has an open message, else as
// it wishes in v, or earlier if an element needs it; but not before it may have a turn. (A max of which
// one side is NULL is NULL.)
const (
	hasOpenMessage = `EXISTS (SELECT 1 FROM reeve_message AS m WHERE m.kind = r.kind AND m.id = r.id AND m.ended IS NULL)`

	// never is later than every time, for a min of which one side may be NULL.
	never = `9223372036854775807`

	earliestWish = `nullif(min(ifnull(v.due, ` + never + `), ifnull((
		SELECT min(e.due) FROM reeve_element AS e WHERE e.kind = r.kind AND e.id = r.id AND e.due IS NOT NULL
	), ` + never + `)), ` + never + `)`

	settleRecords = `WITH v (kind, id, due) AS (VALUES {rows})
UPDATE reeve_record AS r SET
	due = max(CASE WHEN r.status <> 'ok' OR r.final THEN NULL WHEN ` + hasOpenMessage + ` THEN ? ELSE ` + earliestWish + ` END, ifnull(r.not_before, 0))
FROM v WHERE r.kind = v.kind AND r.id = v.id`

	wakeRecords = `WITH v (kind, id) AS (VALUES {rows})
UPDATE reeve_record AS r SET due = max(?, ifnull(r.not_before, 0))
FROM v WHERE r.kind = v.kind AND r.id = v.id AND r.status = 'ok' AND NOT r.final AND (r.due IS NULL OR r.due > ?)`
)

// settle decides anew when the records of steps are due.
func (s *session) settle(ctx context.Context, steps []*step, now time.Time) error {
	var wishes values
	for _, c := range steps {
		wishes.row(c.Key.Kind, c.Key.ID, micros(storage.Time(c.Record.Due)))
	}
	return s.exec(ctx, settleRecords, wishes, now.UnixMicro())
}

// wake makes records due now, unless they are due already or nobody may work on them.
func (s *session) wake(ctx context.Context, keys []storage.Key, now time.Time) error {
	s.touched.addRecords(keys...)
	return s.exec(ctx, wakeRecords, keyValues(keys), now.UnixMicro(), now.UnixMicro())
}

// keyValues returns keys as rows of kind and id.
func keyValues(keys []storage.Key) values {
	var v values
	for _, k := range keys {
		v.row(k.Kind, k.ID)
	}
	return v
}
