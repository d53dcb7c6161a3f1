package nats_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// A model is what a queue has, without time: leases end when the test says so.
type model struct {
	alive map[string]*message
	dead  []string
	held  []holding
}

type message struct {
	attempts int
	holder   scan.Delivery // nil: it waits
}

// A holding is a delivery, and what it is of: that may be gone, or another's.
type holding struct {
	scan.Delivery
	of *message
}

// Whatever is done to a queue, by two programs and by those who have lost what they do it to, it is as the model says.
func TestRandom(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	first, second := connect(t, s), connect(t, s)
	rapid.Check(t, func(rt *rapid.T) {
		name := fresh()
		o := nats.Options{Wait: 2 * time.Millisecond, Storage: jetstream.MemoryStorage}
		programs := []*nats.Queue{queue(t, first, name, o), queue(t, second, name, o)}
		m := &model{alive: map[string]*message{}}
		program := func(rt *rapid.T) *nats.Queue { return rapid.SampledFrom(programs).Draw(rt, "program") }
		try := func(rt *rapid.T, what string, h holding, err error, does func(key string)) {
			key := h.Message().Key
			if m.alive[key] != h.of || h.of.holder != h.Delivery {
				if !errors.Is(err, scan.ErrLeaseLost) {
					rt.Fatalf("%s of %q by who has lost it: the error is %v", what, key, err)
				}
				return
			}
			if err != nil {
				rt.Fatalf("%s of %q by who has it: %v", what, key, err)
			}
			does(key)
		}
		receive := func(rt *rapid.T) {
			q, most := program(rt), rapid.IntRange(1, 3).Draw(rt, "at most")
			waits := slices.ContainsFunc(slices.Collect(maps.Values(m.alive)), func(of *message) bool { return of.holder == nil })
			var got []scan.Delivery
			for looks := 0; looks == 0 || waits && len(got) == 0 && looks < 100; looks++ {
				var err error
				if got, err = q.Receive(t.Context(), most, time.Hour); err != nil {
					rt.Fatal(err)
				}
			}
			for _, d := range got {
				of := m.alive[d.Message().Key]
				if of == nil || of.holder != nil {
					rt.Fatalf("%q was received, which somebody has, or which is not there", d.Message().Key)
				}
				if of.attempts++; d.Attempt() != of.attempts {
					rt.Fatalf("%q was handed out %d times; want %d", d.Message().Key, d.Attempt(), of.attempts)
				}
				of.holder = d
				m.held = append(m.held, holding{d, of})
			}
			if len(got) == 0 && waits {
				rt.Fatalf("nothing was received; want something of %v", m.alive)
			}
		}
		held := func(rt *rapid.T) holding {
			if len(m.held) == 0 {
				rt.Skip("nobody has anything")
			}
			return rapid.SampledFrom(m.held[max(0, len(m.held)-5):]).Draw(rt, "delivery")
		}
		keys := rapid.SampledFrom([]string{"a", "b", "c"})
		rt.Repeat(map[string]func(*rapid.T){
			"send": func(rt *rapid.T) {
				key := keys.Draw(rt, "key")
				send(t, program(rt), scan.Message{Key: key, Body: []byte(key)})
				if m.alive[key] == nil {
					m.alive[key] = &message{}
				}
			},
			"receive": receive, "receive again": receive,
			"expire": func(rt *rapid.T) {
				h := held(rt)
				if key := h.Message().Key; m.alive[key] == h.of && h.of.holder == h.Delivery {
					ok(t, nats.Expire(t.Context(), h.Delivery))
					h.of.holder = nil
					receive(rt) // until then it is the old one's still
				}
			},
			"extend": func(rt *rapid.T) {
				h := held(rt)
				try(rt, "Extend", h, h.Extend(t.Context(), time.Hour), func(string) {})
			},
			"ack": func(rt *rapid.T) {
				h := held(rt)
				try(rt, "Ack", h, h.Ack(t.Context()), func(key string) { delete(m.alive, key) })
			},
			"retry": func(rt *rapid.T) {
				h := held(rt)
				try(rt, "Retry", h, h.Retry(t.Context(), 0), func(string) { h.of.holder = nil })
			},
			"bury": func(rt *rapid.T) {
				h := held(rt)
				try(rt, "Bury", h, h.Bury(t.Context(), "no"), func(key string) {
					delete(m.alive, key)
					m.dead = append(slices.DeleteFunc(m.dead, func(k string) bool { return k == key }), key)
				})
			},
			"withdraw": func(rt *rapid.T) {
				key := keys.Draw(rt, "key")
				ok(t, program(rt).Withdraw(t.Context(), key))
				delete(m.alive, key)
			},
			"redrive": func(rt *rapid.T) {
				want := 0
				for _, key := range m.dead {
					if m.alive[key] == nil {
						m.alive[key] = &message{}
						want++
					}
				}
				m.dead = nil
				if n, err := program(rt).Redrive(t.Context()); n != want || err != nil {
					rt.Fatalf("%d were redriven, %v; want %d", n, err, want)
				}
			},
			"": func(rt *rapid.T) {
				var dead []string
				for d, err := range programs[0].Dead(t.Context()) {
					ok(t, err)
					dead = append(dead, d.Key)
				}
				if diff := cmp.Diff(m.dead, dead, cmp.Transformer("text", func(s []string) string { return fmt.Sprint(s) })); diff != "" {
					rt.Fatalf("the dead are others (-want +got):\n%s", diff)
				}
			},
		})
		ok(t, first.DeleteStream(t.Context(), name))
		ok(t, first.DeleteStream(t.Context(), name+"_ledger"))
	})
}
