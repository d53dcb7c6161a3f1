package nats_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// What is to become of a message is written down first. If who wrote it ends before the rest is done, the next receiver does it.
func TestHalfSettled(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	for end, dead := range map[string]int{"acked": 0, "withdrawn": 0, "buried": 1} {
		name := fresh()
		q := queue(t, js, name, nats.Options{Wait: moment})
		send(t, q, scan.Message{Key: "a"})
		held := receive(t, q, 1, time.Minute)[0]
		_, raw := oldest(t, js, name)
		_, err := js.Publish(t.Context(), fmt.Sprintf("%s.note.%d-%d", name, raw.Sequence, raw.Time.UnixNano()), fmt.Appendf(nil, `{"by":"who ended","delivery":1,"end":%q,"reason":"it makes no sense"}`, end))
		ok(t, err)
		ok(t, nats.Expire(t.Context(), held))
		none(t, q)
		has(t, q, scan.QueueStats{Dead: dead})
		lost(t, "Ack", held.Ack(t.Context()))
	}
}

// Who has written something down and was not told so has it still.
func TestUnheard(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment})
	send(t, q, scan.Message{Key: "a"}, scan.Message{Key: "b"})
	held := receive(t, q, 2, time.Minute)
	ok(t, held[0].Extend(t.Context(), time.Minute))
	nats.Unheard(held[0])
	ok(t, held[0].Ack(t.Context()))
	ok(t, nats.Decide(t.Context(), held[1]))
	ok(t, held[1].Ack(t.Context()))
	has(t, q, scan.QueueStats{})
}

// A server whose consumer has forgotten who has what delivers everything anew. Of two who have a message one settles it.
func TestForgetfulServer(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	name := fresh()
	q := queue(t, js, name, nats.Options{Wait: moment})
	s, err := js.Stream(t.Context(), name)
	ok(t, err)
	for _, first := range []bool{true, false} {
		send(t, q, scan.Message{Key: "a"})
		held := receive(t, q, 1, time.Minute)[0]
		_, err = s.ResetConsumer(t.Context(), "workers")
		ok(t, err)
		again := receive(t, q, 1, time.Minute)[0]
		if first {
			held, again = again, held
		}
		ok(t, held.Ack(t.Context()))
		lost(t, "Ack", again.Ack(t.Context()))
		lost(t, "Bury", again.Bury(t.Context(), "no"))
		none(t, q)
	}
}
