package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A pgHand makes turns without the library, on the tables of a store: what a careful host would write
// for batches. It knows of no elements, operations, quarantine or limits of size.
type pgHand struct {
	pool                      *pgxpool.Pool
	claim, messages, complete string
}

func (pg *server) openHand(ctx context.Context, s *setup, schema string) (*pgHand, error) {
	pool, err := pg.connect(ctx, s, 1, nil)
	if err != nil {
		return nil, err
	}
	in := func(query string) string { return strings.ReplaceAll(query, "reeve.", schema+".") }
	return &pgHand{pool, in(handClaim), in(handMessages), in(handComplete)}, nil
}

const (
	handClaim = `WITH due AS (
	SELECT id FROM reeve.record WHERE kind = 'node' AND due <= now() AND (lease_until IS NULL OR lease_until <= now())
	ORDER BY due LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE reeve.record AS r SET token = r.token + 1, owner = 'hand', lease_until = now() + interval '30 seconds'
FROM due WHERE r.kind = 'node' AND r.id = due.id
RETURNING r.id, r.version, r.token, r.state, r.data, now()`

	handMessages = `SELECT seq, id, name FROM reeve.message WHERE kind = 'node' AND id = ANY($1) AND ended IS NULL ORDER BY seq`

	// What is said to a node after its messages were read makes it due again.
	handComplete = `WITH v AS MATERIALIZED (
	SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[], $9::bigint[], $10::bytea[])
		AS v(id, version, token, was, event, state, until, data, read, body)),
done AS (
	UPDATE reeve.record AS r SET version = r.version + 1, fence = v.token, token = v.token + 1, owner = '', lease_until = NULL,
		state = v.state, since = now(), until = v.until, data = v.data,
		due = CASE WHEN EXISTS (SELECT FROM reeve.message AS m WHERE m.kind = 'node' AND m.id = v.id AND m.ended IS NULL AND m.seq > v.read)
			THEN now() ELSE v.until END
	FROM v WHERE r.kind = 'node' AND r.id = v.id AND r.version = v.version AND r.token = v.token
	RETURNING r.id),
line AS (
	INSERT INTO reeve.line (kind, id, version, n, at, element, from_state, event, to_state, cause, operation)
	SELECT 'node', v.id, v.version + 1, 0, now(), '', v.was, v.event, v.state, 'message ping', '' FROM v JOIN done USING (id)),
effect AS (
	INSERT INTO reeve.effect (effect_id, key, kind, id, lane, name, element, operation, step, keep, quiet, grp, status, behind, due, body)
	SELECT v.id || '/' || v.version, v.id || '/' || v.version, 'node', v.id, '', 'power on', '', '', '', false, false, '', 'pending', false, now(), v.body
	FROM v JOIN done USING (id)),
message AS (
	UPDATE reeve.message AS m SET status = 'consumed', ended = now() FROM v JOIN done USING (id)
	WHERE m.kind = 'node' AND m.id = v.id AND m.ended IS NULL AND m.seq <= v.read)
SELECT count(*) FROM done`
)

// A handNode is a node with its turn.
type handNode struct {
	id             string
	version, token int64
	state          string
	data           []byte
	now            time.Time
	read           int64 // the last message; zero: none
}

// until returns when its time in a state is up; nil: never.
func (n *handNode) until(in state) *time.Time {
	after, _, limited := handMachine.Timeout(in)
	if !limited {
		return nil
	}
	at := n.now.Add(after)
	return &at
}

// turns makes n turns, so many at a time.
func (h *pgHand) turns(ctx context.Context, batch, n int) error {
	for made := 0; made < n; {
		some, err := h.turnsOf(ctx, batch)
		if err != nil {
			return err
		}
		if some == 0 {
			return fmt.Errorf("only %d of %d nodes are due", made, n)
		}
		made += some
	}
	return nil
}

func (h *pgHand) turnsOf(ctx context.Context, batch int) (int, error) {
	claimed, err := h.query(ctx, batch)
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	var c completion
	for _, n := range claimed {
		if err := c.turn(n); err != nil {
			return 0, err
		}
	}
	var done int
	err = h.pool.QueryRow(ctx, h.complete, c.ids, c.versions, c.tokens, c.was, c.events, c.states, c.untils, c.data, c.read, c.bodies).Scan(&done)
	if err == nil && done != len(claimed) {
		err = fmt.Errorf("%d of %d turns were made", done, len(claimed))
	}
	return done, err
}

// query claims nodes and reads what was said to them.
func (h *pgHand) query(ctx context.Context, batch int) ([]*handNode, error) {
	rows, err := h.pool.Query(ctx, h.claim, batch)
	if err != nil {
		return nil, err
	}
	claimed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*handNode, error) {
		n := &handNode{}
		return n, row.Scan(&n.id, &n.version, &n.token, &n.state, &n.data, &n.now)
	})
	if err != nil {
		return nil, err
	}
	ids, byID := make([]string, len(claimed)), make(map[string]*handNode, len(claimed))
	for i, n := range claimed {
		ids[i], byID[n.id] = n.id, n
	}
	rows, err = h.pool.Query(ctx, h.messages, ids)
	if err != nil {
		return nil, err
	}
	var seq int64
	var id, name string
	_, err = pgx.ForEachRow(rows, []any{&seq, &id, &name}, func() error {
		if name == ping.Name() {
			byID[id].read = seq
		}
		return nil
	})
	return claimed, err
}

// A completion is what turns come to, a slice a column.
type completion struct {
	ids                 []string
	versions, tokens    []int64
	was, events, states []string
	untils              []*time.Time
	data                [][]byte
	read                []int64
	bodies              [][]byte
}

var handMachine = introspection()

// turn decides what becomes of a node.
func (c *completion) turn(n *handNode) error {
	if n.read == 0 {
		return fmt.Errorf("%s has a turn and no message", n.id)
	}
	to, err := handMachine.Step(state(n.state), "finish")
	if err != nil {
		return err
	}
	var data inspection
	if err := json.Unmarshal(n.data, &data); err != nil {
		return err
	}
	data.FinishedAt = n.now
	encoded, err := json.Marshal(data)
	if err != nil {
		return err
	}
	body, err := json.Marshal(data.Address)
	if err != nil {
		return err
	}
	c.ids, c.versions, c.tokens = append(c.ids, n.id), append(c.versions, n.version), append(c.tokens, n.token)
	c.was, c.events, c.states = append(c.was, n.state), append(c.events, "finish"), append(c.states, string(to))
	c.untils, c.data, c.read, c.bodies = append(c.untils, n.until(to)), append(c.data, encoded), append(c.read, n.read), append(c.bodies, body)
	return nil
}
