package sqlite

import (
	"context"
	"database/sql"
	"maps"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Listen implements [storage.Notifier], for what is committed through this store. Of what other stores
// and other processes write on the same file there is no hint, and none of what is written inside a
// transaction of the host ([Store.With]), because only the host knows when it commits.
func (s *Store) Listen(ctx context.Context, hint func(storage.Hint)) error {
	return s.listeners.Listen(ctx, hint)
}

// touched is where a transaction may have made something due. A nil one notes nothing.
type touched struct {
	records []storage.Key
	effects []string
	lanes   lanes
	due     storage.Hint // what of it is
}

func (t *touched) addRecords(keys ...storage.Key) {
	if t != nil {
		t.records = append(t.records, keys...)
	}
}

func (t *touched) addEffects(ids ...string) {
	if t != nil {
		t.effects = append(t.effects, ids...)
	}
}

func (t *touched) addLanes(l lanes) {
	if t != nil {
		maps.Copy(t.lanes, l)
	}
}

const (
	touchedRecords = `WITH v (kind, id) AS (VALUES {rows})
SELECT 1 FROM v CROSS JOIN reeve_record AS r ON r.kind = v.kind AND r.id = v.id
WHERE r.due <= ? AND (r.lease_until IS NULL OR r.lease_until <= ?) LIMIT 1`

	touchedEffects = `WITH v (effect_id) AS (VALUES {rows})
SELECT 1 FROM v CROSS JOIN reeve_effect AS e ON e.effect_id = v.effect_id
WHERE e.due <= ? LIMIT 1`

	touchedLanes = `WITH v (kind, id, lane) AS (VALUES {rows})
SELECT 1 FROM v CROSS JOIN reeve_effect AS e
	ON e.kind = v.kind AND e.id = v.id AND e.ended IS NULL AND e.lane = v.lane AND e.behind = 0
WHERE e.due <= ? LIMIT 1`
)

// look finds out whether something that was touched is due. It comes last in the transaction: outside of
// it, it would take several times as long. What cannot be looked at counts as due, because a wrong hint
// costs less than a lost one.
func (s *session) look(ctx context.Context, now time.Time) {
	t, at := s.touched, now.UnixMicro()
	if t == nil {
		return
	}
	var effects values
	for _, id := range t.effects {
		effects.row(id)
	}
	for _, place := range []struct {
		what  storage.Hint
		query string
		where values
		args  []any
	}{
		{storage.HintRecords, touchedRecords, keyValues(t.records), []any{at, at}},
		{storage.HintEffects, touchedEffects, effects, []any{at}},
		{storage.HintEffects, touchedLanes, t.lanes.values(), []any{at}},
	} {
		if t.due&place.what != 0 {
			continue
		}
		err := s.query(ctx, place.query, place.where, func(*sql.Rows) error {
			t.due |= place.what
			return nil
		}, place.args...)
		if err != nil {
			t.due |= place.what
		}
	}
}
