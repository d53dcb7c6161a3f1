package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A note says in the ledger who has a message, or what has become of it: the newest for each message. It is written only by who knows the
// one before, so that who has lost a message cannot do anything to it, whatever the clocks and the server's acks say. The first to have
// a message writes none before there is something to say.
type note struct {
	// By tells a delivery from all others.
	By string `json:"by"`
	// Delivery is how often the server had delivered the message; Skipped how many of these nobody was handed.
	Delivery uint64 `json:"delivery"`
	Skipped  uint64 `json:"skipped,omitempty"`
	// End is what is to become of the message, if that was decided. Whoever finds this sees to it.
	End      ending    `json:"end,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Attempts int       `json:"attempts,omitempty"`
	At       time.Time `json:"at,omitzero"`
	// Of is the message, in what is said of one that was buried.
	Of string `json:"of,omitempty"`

	seq   uint64    // of the note itself; zero: there is none
	until time.Time // when the lease ends that it gives, by the server's clock and up to a second too early; zero: it gives none
}

// An ending is the end of a message.
type ending string

const (
	acked     ending = "acked"
	buried    ending = "buried"
	withdrawn ending = "withdrawn"
)

// longest is for how long a message is hidden at most; none of the server's sums has too many digits then.
const longest = 10 * 365 * 24 * time.Hour

// keep is for how long a note stays when the lease that it is about has ended. Who had that lease does nothing any more by then.
const keep = 5 * time.Minute

// idOf tells a message from all others that are or ever were in the stream, also in one of the same name that was deleted: numbers begin anew there, and
// notes stay for a while.
func idOf(seq uint64, at time.Time) string { return fmt.Sprintf("%d-%d", seq, at.UnixNano()) }

// lastNote returns the newest note of a message; a zero note if there is none.
func (q *Queue) lastNote(ctx context.Context, of string) (note, error) {
	raw, err := lastOf(ctx, q.ledger, q.noteSubject(of))
	if err != nil || raw.Sequence == 0 {
		return note{}, err
	}
	n := note{seq: raw.Sequence}
	if lasts, err := time.ParseDuration(raw.Header.Get(jetstream.MsgTTLHeader)); err == nil && lasts > keep {
		n.until = raw.Time.Add(lasts - keep)
	}
	if err := json.Unmarshal(raw.Data, &n); err != nil {
		return note{}, fmt.Errorf("the ledger has %.100q about message %s, which is no note; use the streams for one queue alone: %w", raw.Data, of, err)
	}
	return n, nil
}

// write writes a note in place of the one with that sequence number, zero for none, and returns its own. For a note that is not the newest any more isConflict is true.
func (q *Queue) write(ctx context.Context, of string, n note, replaces uint64, lease time.Duration) (uint64, error) {
	return q.put(ctx, of, n, min(max(lease, 0), longest)+keep, jetstream.WithExpectLastSequencePerSubject(replaces))
}

func (q *Queue) put(ctx context.Context, of string, n note, lasts time.Duration, o ...jetstream.PublishOpt) (uint64, error) {
	msg := natsio.NewMsg(q.noteSubject(of))
	var err error
	if msg.Data, err = json.Marshal(n); err != nil {
		return 0, err
	}
	ack, err := publish(ctx, q.js, msg, append(o, jetstream.WithMsgTTL(lasts.Truncate(time.Second)))...)
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// complete sees to the end of a message that a note has decided. It reports whether the message was still there.
func (q *Queue) complete(ctx context.Context, seq uint64, n note, token string, body []byte) (there bool, err error) {
	if n.End == buried {
		if err := q.inter(ctx, token, body, n); err != nil {
			return false, err
		}
	}
	return remove(ctx, q.todo, seq)
}

// remove removes a message, and reports whether it was there.
func remove(ctx context.Context, s jetstream.Stream, seq uint64) (bool, error) {
	err := s.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		_, e := s.GetMsg(ctx, seq)
		if errors.Is(e, jetstream.ErrMsgNotFound) {
			return false, nil
		}
		err = errors.Join(err, e)
	}
	return err == nil, err
}
