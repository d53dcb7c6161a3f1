package sqlite

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A lane is the queue of effects that its name makes at a record. Its head is the effect that is not
// behind another; there is one as long as there are effects that have not ended.
type lane struct {
	from storage.Key
	name string
}

// The lane v of an effect e is free now, or when the leases of its canceled effects have ended, which
// may still be running outside. An effect is not left waiting for longer than its deadline.
const laneIsFree = `min(ifnull(e.deadline, ` + never + `), max(?, ifnull((
		SELECT max(c.lease_until) FROM reeve_effect AS c
		WHERE c.kind = v.kind AND c.id = v.id AND c.lane = v.lane AND c.status = 'canceled' AND c.lease_until IS NOT NULL
	), 0)))`

const (
	// advanceLanes makes the first effect the head where there is none.
	advanceLanes = `WITH v (kind, id, lane) AS (VALUES {rows})
UPDATE reeve_effect AS e SET behind = 0, due = iif(e.status = 'pending', ` + laneIsFree + `, e.due)
FROM v WHERE e.seq = (
	SELECT min(n.seq) FROM reeve_effect AS n
	WHERE n.kind = v.kind AND n.id = v.id AND n.ended IS NULL AND n.lane = v.lane AND n.behind = 1)
AND NOT EXISTS (
	SELECT 1 FROM reeve_effect AS h
	WHERE h.kind = v.kind AND h.id = v.id AND h.ended IS NULL AND h.lane = v.lane AND h.behind = 0)`

	// freeLanes lets heads that waited for a canceled effect wait no longer than they have to.
	freeLanes = `WITH v (kind, id, lane) AS (VALUES {rows})
UPDATE reeve_effect AS e SET due = ` + laneIsFree + `
FROM v WHERE e.kind = v.kind AND e.id = v.id AND e.ended IS NULL AND e.lane = v.lane AND e.behind = 0 AND e.status = 'pending'`
)

// lanes is a set of lanes.
type lanes map[lane]bool

// add adds a lane. Effects without one run beside each other.
func (l lanes) add(from storage.Key, name string) {
	if name != "" {
		l[lane{from, name}] = true
	}
}

func (l lanes) values() values {
	var v values
	for at := range l {
		v.row(at.from.Kind, at.from.ID, at.name)
	}
	return v
}

func (s *session) advance(ctx context.Context, l lanes, now time.Time) error {
	s.touched.addLanes(l)
	return s.exec(ctx, advanceLanes, l.values(), now.UnixMicro())
}

func (s *session) free(ctx context.Context, l lanes, now time.Time) error {
	s.touched.addLanes(l)
	return s.exec(ctx, freeLanes, l.values(), now.UnixMicro())
}
