package nats_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// Who held something of a stream that was deleted and made again can do nothing to what is in it now, whatever its number.
func TestHeldFromBefore(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	for what, does := range map[string]func(context.Context, *nats.Queue, scan.Delivery) error{"Ack": acks, "Retry": retries, "Extend": extends, "Bury": buries} {
		for _, noted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, noted: %v", what, noted), func(t *testing.T) {
				t.Parallel()
				name := fresh()
				o := nats.Options{Wait: moment}
				q := queue(t, js, name, o)
				send(t, q, scan.Message{Key: "old"})
				old := receive(t, q, 1, time.Minute)[0]
				if noted {
					ok(t, old.Extend(t.Context(), time.Minute))
				}
				ok(t, js.DeleteStream(t.Context(), name))
				q = queue(t, js, name, o)
				send(t, q, scan.Message{Key: "new"})
				live := receive(t, q, 1, 200*time.Millisecond)[0]
				lost(t, what, does(t.Context(), q, old))
				_, raw := oldest(t, js, name)
				if raw == nil {
					t.Errorf("%s of what was in a stream before removes what is in it now", what)
				}
				if d := receive(t, queue(t, js, name, nats.Options{Wait: 5 * time.Second}), 1, time.Minute)[0]; d.Attempt() != 2 || time.Now().Before(live.Expires()) {
					t.Errorf("after a %s from before the message came for the %d. time, %v before the lease ended", what, d.Attempt(), time.Until(live.Expires()))
				}
			})
		}
	}
}

// A ledger that was made again counts on, so that who wrote something into the one before knows nothing of this one.
func TestNotedBefore(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	name := fresh()
	q := queue(t, js, name, nats.Options{Wait: moment})
	send(t, q, scan.Message{Key: "a"})
	old := receive(t, q, 1, time.Minute)[0]
	ok(t, old.Extend(t.Context(), time.Minute))
	ok(t, js.DeleteStream(t.Context(), name+"_ledger"))
	queue(t, js, name, nats.Options{})
	ok(t, nats.Expire(t.Context(), old))
	live := receive(t, q, 1, time.Minute)[0]
	lost(t, "Ack", old.Ack(t.Context()))
	ok(t, live.Ack(t.Context()))
}

// In a stream that was deleted and made again numbers begin anew. What was said of the old ones is not about the new ones.
func TestStreamMadeAgain(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	name := fresh()
	q := queue(t, js, name, nats.Options{Wait: moment})
	send(t, q, scan.Message{Key: "a"}, scan.Message{Key: "b"})
	ok(t, q.Withdraw(t.Context(), "a", "b"))
	ok(t, js.DeleteStream(t.Context(), name))
	q = queue(t, js, name, nats.Options{Wait: moment})
	send(t, q, scan.Message{Key: "c"}, scan.Message{Key: "d"})
	held := receive(t, q, 2, time.Minute)
	ok(t, held[0].Ack(t.Context()))
	ok(t, nats.Expire(t.Context(), held[1]))
	if d := receive(t, q, 1, time.Minute)[0]; d.Message().Key != "d" || d.Attempt() != 2 {
		t.Errorf("received was %q, for the %d. time; want d, for the second", d.Message().Key, d.Attempt())
	}
}
