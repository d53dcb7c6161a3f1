package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func turnLoop() group {
	return group{"turn loop", []testCase{
		{name: "everything comes to its end", run: loopWithCrashes(0)},
		{name: "everything comes to its end although processes crash", run: loopWithCrashes(0.3)},
	}}
}

// A loop is the smallest supervisor there can be. Each record has an effect performed and becomes
// final when it hears of it. Beside each call stands what PostgreSQL can answer it with, n of a
// kind in one statement; now is statement_timestamp().
type loop struct {
	*scene
	crashes float64 // how likely a process dies between two calls
	random  *rand.Rand
	world   map[string]int // what was done outside, by idempotency key
	late    []storage.Change
}

// crash reports whether the process dies here, leaving whatever it holds.
func (l *loop) crash() bool { return l.random.Float64() < l.crashes }

// turns gives a turn to what is due.
//
//	WITH due AS (
//	  SELECT kind, id, due FROM record
//	  WHERE kind = ANY($names) AND due <= now AND (lease_until IS NULL OR lease_until <= now)
//	  ORDER BY due, kind, id LIMIT $limit FOR UPDATE SKIP LOCKED
//	), claimed AS (
//	  UPDATE record r SET token = r.token + 1, lease_until = now + $ttl, due = now + $ttl
//	  FROM due WHERE (r.kind, r.id) = (due.kind, due.id) RETURNING r.*, due.due AS since
//	) SELECT * FROM claimed ORDER BY since, kind, id;
//	SELECT m.* FROM unnest($kinds, $ids) k(kind, id), LATERAL (
//	  SELECT * FROM message WHERE to_kind = k.kind AND to_id = k.id AND status = 'open' ORDER BY seq LIMIT $most + 1) m;
//	SELECT e.* FROM unnest(…) …                -- elements: those due, LIMIT $most + 1, and those named
func (l *loop) turns() {
	held := l.claim(3)
	if l.crash() {
		return
	}
	var changes []storage.Change
	var failed []storage.Snapshot
	for _, h := range held {
		if c, err := l.decide(h); err == nil {
			changes = append(changes, c)
		} else {
			failed = append(failed, h)
		}
	}
	if l.crash() { // or so it seems: it was only slow, and writes when another has taken over
		l.late = append(l.late, changes...)
		return
	}
	l.commit(changes)
	for _, h := range failed {
		l.backOff(h)
	}
}

// decide is pure: the same snapshot gives the same change.
func (l *loop) decide(h storage.Snapshot) (storage.Change, error) {
	c := turn(h)
	move := func(to int) {
		c.Lines = []storage.Line{{From: c.Record.State, To: l.States[to], At: h.Now}}
		c.Record.State, c.Record.Since, c.Record.Failures = l.States[to], h.Now, 0
	}
	for _, m := range h.Messages {
		if m.Name == "riddle" && h.Failures < 2 {
			return c, fmt.Errorf("message %q cannot be understood yet", m.ID)
		}
		c.Consume = append(c.Consume, storage.Consumption{Seq: m.Seq, As: storage.MessageConsumed})
		if m.Name == "done" && h.State == l.States[1] {
			move(2)
			c.Record.Final = true
			return c, nil
		}
	}
	if h.State == l.States[0] {
		move(1)
		e := effect(fmt.Sprintf("%s-%d", h.Key.ID, h.Version), "lane")
		e.Deadline = h.Now.Add(1000 * time.Hour)
		c.Emit = []storage.Effect{e}
	}
	return c, nil
}

// commit makes decisions true.
//
//	SELECT kind, id, version, token, … FROM record WHERE (kind, id) IN (the changed and those sent to)
//	  ORDER BY kind, id FOR UPDATE;                                  -- and the answers are known
//	UPDATE record r SET state = u.state, …, version = r.version + 1, fence = …, token = …, lease_until = NULL
//	  FROM unnest($kinds, $ids, $states, …) u(…) WHERE (r.kind, r.id) = (u.kind, u.id);
//	INSERT INTO element SELECT … FROM unnest(…) ON CONFLICT (kind, id, name) DO UPDATE SET …;
//	UPDATE message m SET status = u.status, … FROM unnest($seqs, …) u(…) WHERE m.seq = u.seq AND m.status = 'open';
//	INSERT INTO effect SELECT … FROM unnest(…) ON CONFLICT DO NOTHING; -- unique: id; kind, id and key where it is open
//	INSERT INTO message SELECT … FROM unnest(…) ON CONFLICT (to_kind, to_id, id) DO NOTHING;
//	INSERT INTO line SELECT … FROM unnest(…);                        -- all of them CTEs of one statement
func (l *loop) commit(changes []storage.Change) {
	for i, answer := range l.apply(changes...) {
		switch {
		case answer == nil || errors.Is(answer, storage.ErrLeaseLost):
		case errors.Is(answer, storage.ErrConflict): // an order came first: decide again
		default:
			l.is("the change of "+changes[i].Key.String(), answer, nil)
		}
	}
}

// backOff notes that a turn failed, and lets the record wait although its message is still open.
func (l *loop) backOff(h storage.Snapshot) {
	c := turn(h)
	c.Record.Failures = h.Failures + 1
	c.Record.NotBefore = h.Now.Add(time.Minute << h.Failures)
	l.commit([]storage.Change{c})
}

// effects performs what is wanted and settles it.
//
//	as turns, with: FROM effect WHERE name = ANY($names) AND due <= now ORDER BY due, seq
//	SET status = 'running', attempt = attempt + 1, token = token + 1, …
//	settling:
//	UPDATE effect e SET status = u.status, due = u.due, lease_until = NULL, …
//	  FROM unnest($ids, $tokens, …) u(…) WHERE e.id = u.id AND e.token = u.token AND e.lease_until IS NOT NULL;
//	UPDATE effect n SET due = now FROM … WHERE n is the lowest open seq of a lane whose head has ended;
//	INSERT INTO message …; UPDATE record SET due = least(due, now) …  -- its record was locked first
func (l *loop) effects() {
	for _, e := range l.take(3) {
		if l.crash() {
			return
		}
		l.world[e.Key]++
		if l.crash() {
			return
		}
		st := settlement(e, storage.EffectDone)
		if l.random.Float64() < 0.2 {
			st.As, st.Retry, st.Reason = storage.EffectPending, time.Second, "the line was busy"
		} else {
			st.Outcome = &storage.Message{ID: "outcome of " + e.ID, Name: "done"}
		}
		l.is("settle", l.settle(st)[0], nil)
	}
}

func loopWithCrashes(crashes float64) func(*scene) {
	return func(s *scene) {
		const n = 12
		l := &loop{scene: s, crashes: crashes, random: rand.New(rand.NewPCG(1, 2)), world: map[string]int{}}
		for i := range n {
			id := fmt.Sprintf("r%02d", i)
			s.create(id, s.dueIn(time.Duration(i)*time.Second))
			if i%3 == 0 {
				riddle := s.message("riddle", id)
				riddle.Name = "riddle"
				s.delivered(riddle)
			}
		}
		for range 500 {
			l.turns()
			l.effects()
			if len(l.late) > 0 && l.crash() {
				l.commit(l.late[:1])
				l.late = l.late[1:]
			}
			s.pass(7 * time.Second)
		}
		l.check(n)
	}
}

// check demands that each record went its way once.
func (l *loop) check(n int) {
	l.counted("records by state in the end", l.Kind, map[string]int{l.States[2]: n})
	for r, err := range l.Store.List(l.ctx, storage.Query{Kind: l.Kind}) {
		l.is("list", err, nil)
		var path []string
		for _, line := range l.history(r.Key.ID) {
			path = append(path, line.From+" to "+line.To)
		}
		l.same("the way of "+r.Key.String(), path,
			[]string{l.States[0] + " to " + l.States[1], l.States[1] + " to " + l.States[2]})
	}
	for _, m := range collect(l.scene, l.Store.Messages(l.ctx, storage.MessageQuery{})) {
		if m.Status != storage.MessageConsumed {
			l.Errorf("message %q to %v is %v in the end; each is consumed", m.ID, m.To, m.Status)
		}
	}
	for _, e := range collect(l.scene, l.Store.Effects(l.ctx, storage.EffectQuery{})) {
		if e.Status != storage.EffectDone || l.world[e.Key] == 0 {
			l.Errorf("effect %q is %v in the end and was performed %d times", e.ID, e.Status, l.world[e.Key])
		}
	}
	l.same("how many things were done outside", len(l.world), n)
}
