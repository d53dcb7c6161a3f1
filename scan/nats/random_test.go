package nats_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

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
		receive := func(rt *rapid.T) {
			q, most := program(rt), rapid.IntRange(1, 3).Draw(rt, "at most")
			had := len(m.held)
			m.take(rt, q, most)
			for looks := 0; len(m.held) == had && m.waits(); looks++ {
				if looks == 1000 {
					rt.Fatalf("nothing was received; want something of %v", m.alive)
				}
				m.take(rt, q, most)
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
					for q, looks := program(rt), 0; h.of.holder == nil; looks++ { // until then it is the old one's still
						if looks == 1000 {
							rt.Fatalf("%q was not received again", key)
						}
						m.take(rt, q, 1)
					}
				}
			},
			"extend": func(rt *rapid.T) {
				h := held(rt)
				m.try(rt, "Extend", h, h.Extend(t.Context(), time.Hour), func(string) { h.of.noted = true })
			},
			"ack": func(rt *rapid.T) {
				h := held(rt)
				m.try(rt, "Ack", h, h.Ack(t.Context()), func(key string) { delete(m.alive, key) })
			},
			"retry": func(rt *rapid.T) {
				h := held(rt)
				m.try(rt, "Retry", h, h.Retry(t.Context(), 0), func(string) { h.of.holder = nil })
			},
			"bury": func(rt *rapid.T) {
				h := held(rt)
				m.try(rt, "Bury", h, h.Bury(t.Context(), "no"), func(key string) {
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
			"": func(rt *rapid.T) { m.check(rt, programs[0], programs[1]) },
		})
		ok(t, first.DeleteStream(t.Context(), name))
		ok(t, first.DeleteStream(t.Context(), name+"_ledger"))
	})
}
