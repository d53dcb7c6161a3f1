package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// noteHeader says of a dead message why it was buried.
const noteHeader = "Reeve-Note"

// inter puts a message among the dead. One of the same key that is there gives way.
func (q *Queue) inter(ctx context.Context, token string, body []byte, n note) error {
	why, err := json.Marshal(n)
	if err != nil {
		return err
	}
	msg := natsio.NewMsg(q.deadSubject(token))
	msg.Data = body
	msg.Header.Set(noteHeader, string(why))
	_, err = publish(ctx, q.js, msg)
	return err
}

// A grave is a dead message as it is stored.
type grave struct {
	scan.DeadMessage

	seq   uint64
	token string
	of    string // what was buried, see idOf
}

func (q *Queue) graveOf(raw *jetstream.RawStreamMsg) (grave, error) {
	g := grave{seq: raw.Sequence, token: strings.TrimPrefix(raw.Subject, q.deadSubject(""))}
	key := keyOf(g.token)
	var n note
	if err := json.Unmarshal([]byte(raw.Header.Get(noteHeader)), &n); err != nil {
		return g, fmt.Errorf("what is dead under the key %.100q does not say why; use the streams for one queue alone: %w", key, err)
	}
	g.DeadMessage = scan.DeadMessage{Message: scan.Message{Key: key, Body: raw.Data}, Reason: n.Reason, Attempts: n.Attempts, At: n.At}
	g.of = n.Of
	return g, nil
}

// graves yields the dead, those first that were buried first. What is buried meanwhile is not among them: it may be what was redriven.
func (q *Queue) graves(ctx context.Context) iter.Seq2[grave, error] {
	return func(yield func(grave, error) bool) {
		info, err := q.ledger.Info(ctx)
		if err != nil {
			yield(grave{}, err)
			return
		}
		for seq := uint64(1); seq <= info.State.LastSeq; {
			raw, err := q.ledger.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(q.deadSubject("*")))
			if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && raw.Sequence > info.State.LastSeq {
				return
			}
			var g grave
			if err == nil {
				g, err = q.graveOf(raw)
				seq = raw.Sequence + 1
			}
			if !yield(g, err) || err != nil {
				return
			}
		}
	}
}

// Dead implements [scan.Graveyard]. Each takes a request to the server.
func (q *Queue) Dead(ctx context.Context) iter.Seq2[scan.DeadMessage, error] {
	return func(yield func(scan.DeadMessage, error) bool) {
		for g, err := range q.graves(perRequest(ctx)) {
			if !yield(g.DeadMessage, q.failed(ctx, "list the dead", err)) {
				return
			}
		}
	}
}

// Redrive implements [scan.Graveyard]. Attempts are counted anew. A key that was sent again meanwhile is dead no more, but does not count.
func (q *Queue) Redrive(ctx context.Context, keys ...string) (int, error) {
	n := 0
	for g, err := range q.wanted(perRequest(ctx), keys) {
		var driven bool
		if err == nil {
			driven, err = q.redrive(perRequest(ctx), g)
		}
		if err != nil {
			return n, q.failed(ctx, "redrive", err)
		}
		if driven {
			n++
		}
	}
	return n, nil
}

// wanted yields the dead of the keys; without keys all.
func (q *Queue) wanted(ctx context.Context, keys []string) iter.Seq2[grave, error] {
	if len(keys) == 0 {
		return q.graves(ctx)
	}
	return func(yield func(grave, error) bool) {
		for _, key := range keys {
			if key == "" {
				continue
			}
			raw, err := lastOf(ctx, q.ledger, q.deadSubject(tokenOf(key)))
			if err == nil && raw.Sequence == 0 {
				continue
			}
			var g grave
			if err == nil {
				g, err = q.graveOf(&raw)
			}
			if !yield(g, err) || err != nil {
				return
			}
		}
	}
}

// redrive makes a dead message wait again, and then removes it from the dead: who ends in between has it in both. What is just being buried is
// left alone: it is among the dead already and waits still, and would soon be nowhere.
func (q *Queue) redrive(ctx context.Context, g grave) (bool, error) {
	msg := natsio.NewMsg(q.todoSubject(g.token))
	msg.Data = g.Body
	_, err := publish(ctx, q.js, msg, jetstream.WithExpectLastSequencePerSubject(0))
	alive := isConflict(err)
	if alive {
		var live jetstream.RawStreamMsg
		live, err = lastOf(ctx, q.todo, msg.Subject)
		if err == nil && (live.Sequence == 0 || idOf(live.Sequence, live.Time) == g.of) {
			return false, nil
		}
	}
	if err != nil {
		return false, err
	}
	_, err = remove(ctx, q.ledger, g.seq)
	return !alive, err
}
