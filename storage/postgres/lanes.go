package postgres

import "github.com/reeve-go/reeve/storage"

// A lane is the queue of effects that its name makes at a record. Its head is the effect that is not
// behind another; there is one as long as there are effects that have not ended.
type lane struct {
	of   storage.Key
	name string
}

var laneRow = columnsOf(`kind text, id text, lane text`)

// The lane of an effect e is free now, or when the leases of its canceled effects have ended, which may still be
// running outside. An effect is not left waiting for longer than its deadline.
const laneIsFree = `least(e.deadline, greatest($4, (
		SELECT max(c.lease_until) FROM reeve.effect AS c
		WHERE c.kind = e.kind AND c.id = e.id AND c.lane = e.lane AND c.status = 'canceled' AND c.lease_until IS NOT NULL)))`

// inLane finds the effects of a lane v that have not ended.
const inLane = ofKey + ` AND t.lane = v.lane AND t.ended IS NULL AND t.lane <> ''`

var (
	// advanceLanes makes the first effect the head where there is none.
	advanceLanes = `UPDATE reeve.effect AS e SET behind = false, due = CASE WHEN e.status = 'pending' THEN ` + laneIsFree + ` ELSE e.due END
FROM ` + laneRow.as("v", 1) + ` CROSS JOIN LATERAL (
	SELECT t.ctid AS at, t.behind FROM reeve.effect AS t WHERE ` + inLane + ` ORDER BY t.behind, t.seq LIMIT 1) AS first
WHERE e.ctid = first.at AND first.behind
RETURNING e.due <= $4`

	// freeLanes lets heads that waited for a canceled effect wait no longer than they have to.
	freeLanes = `UPDATE reeve.effect AS e SET due = ` + laneIsFree + `
FROM ` + laneRow.at(1, "reeve.effect", inLane+` AND NOT t.behind AND t.status = 'pending'`) + `
WHERE e.ctid = found.at
RETURNING e.due <= $4`
)

// lanes is a set of lanes.
type lanes map[lane]bool

// add adds a lane. Effects without one run beside each other.
func (l lanes) add(of storage.Key, name string) {
	if name != "" {
		l[lane{of, name}] = true
	}
}

func (l lanes) rows() *rows {
	r := laneRow.rows(len(l))
	for at := range l {
		r.add(at.of.Kind, at.of.ID, at.name)
	}
	return r
}

func (s *session) advance(l lanes) { s.dueOver(storage.HintEffects, advanceLanes, l.rows(), s.now) }

func (s *session) free(l lanes) { s.dueOver(storage.HintEffects, freeLanes, l.rows(), s.now) }
