package scantest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
)

// A duel is one random sequence of operations, with what a queue that does all of them right has.
type duel struct {
	*queueScene

	clock    time.Time // the queue's own, if it has one
	messages map[string]*modelMessage
	held     []*holding // by whom anything was received, newest last
}

// A modelMessage is one that is in the queue.
type modelMessage struct {
	body     string
	ready    time.Time // when it can be received, as its delay or its lease has ended
	holder   *holding  // who has received it last
	dead     bool
	attempts int
}

// A holding is a delivery.
type holding struct {
	scan.Delivery

	of *modelMessage // what it is of; it may be gone, or another's
}

// near is how exactly times are told: what is about to be ready may be so, or not.
const near = 2 * time.Millisecond

// compare does at random what can be done to a queue, and demands that it does what the model does.
func (s *queueScene) compare(rt *rapid.T) {
	d := &duel{queueScene: s, clock: time.Now(), messages: map[string]*modelMessage{}}
	rt.Repeat(map[string]func(*rapid.T){
		"send":          d.sendSome,
		"receive":       d.receiveSome,
		"receive again": d.receiveSome,
		"extend": func(rt *rapid.T) {
			h, lease := d.holding(rt), duration(rt, "lease")
			d.try(h, "Extend", h.Extend(d.ctx, lease), func(m *modelMessage) { m.ready = d.now().Add(lease) })
		},
		"ack": func(rt *rapid.T) {
			h := d.holding(rt)
			key := h.Message().Key
			d.try(h, "Ack", h.Ack(d.ctx), func(*modelMessage) { delete(d.messages, key) })
		},
		"retry": func(rt *rapid.T) {
			h, after := d.holding(rt), duration(rt, "after")
			d.try(h, "Retry", h.Retry(d.ctx, after), func(m *modelMessage) { m.ready, m.holder = d.now().Add(after), nil })
		},
		"bury": func(rt *rapid.T) {
			h := d.holding(rt)
			d.try(h, "Bury", h.Bury(d.ctx, "it makes no sense"), func(m *modelMessage) { m.dead, m.holder = true, nil })
		},
		"redrive": d.redriveSome,
		"pass": func(rt *rapid.T) {
			passes := duration(rt, "passes")
			d.pass(passes)
			d.clock = d.clock.Add(passes)
		},
		"": d.look,
	})
}

func duration(rt *rapid.T, name string) time.Duration {
	return time.Duration(rapid.IntRange(1, 300).Draw(rt, name)) * time.Second
}

// now is the queue's time.
func (d *duel) now() time.Time {
	if d.Virtual {
		return time.Now()
	}
	return d.clock
}

func (d *duel) sendSome(rt *rapid.T) {
	var messages []scan.Message
	for range rapid.IntRange(1, 3).Draw(rt, "messages") {
		m := messageOf(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "key"))
		if rapid.Bool().Draw(rt, "delayed") {
			m.Delay = duration(rt, "delay")
		}
		messages = append(messages, m)
	}
	d.sendThese(messages...)
	for _, m := range messages {
		if there := d.messages[m.Key]; there == nil || there.dead {
			d.messages[m.Key] = &modelMessage{body: string(m.Body), ready: d.now().Add(m.Delay)}
		}
	}
}

func (d *duel) receiveSome(rt *rapid.T) {
	q := rapid.SampledFrom([]scan.Queue{d.queue, d.other}).Draw(rt, "queue")
	most := rapid.IntRange(1, 3).Draw(rt, "at most")
	lease := duration(rt, "lease")
	asked := d.now()
	got, err := q.Receive(d.ctx, most, lease)
	d.must("Receive", err)
	now := d.now()
	if len(got) > most {
		d.Fatalf("Receive of at most %d returned %v", most, keysOf(got))
	}
	if len(got) == 0 {
		for key, m := range d.messages {
			if !m.dead && m.ready.Before(asked.Add(-near)) {
				d.Fatalf("Receive returned nothing; %q has been ready since %v", key, asked.Sub(m.ready))
			}
		}
	}
	for _, delivery := range got {
		key := delivery.Message().Key
		m := d.messages[key]
		switch {
		case m == nil || m.dead:
			d.Fatalf("Receive returned %q; it is not in the queue any more, or dead", key)
		case m.ready.After(now.Add(near)):
			d.Fatalf("Receive returned %q; it is to be hidden for %v still", key, m.ready.Sub(now))
		}
		d.is(delivery, scan.Message{Key: key, Body: []byte(m.body)})
		if m.attempts++; delivery.Attempt() != m.attempts {
			d.Fatalf("Attempt of %q is %d; it must be %d", key, delivery.Attempt(), m.attempts)
		}
		m.holder = &holding{delivery, m}
		m.ready = now.Add(lease)
		d.held = append(d.held, m.holder)
	}
}

// holding returns one of the newest deliveries, which may have been lost, or have ended.
func (d *duel) holding(rt *rapid.T) *holding {
	if len(d.held) == 0 {
		rt.Skip("nothing was received")
	}
	return rapid.SampledFrom(d.held[max(0, len(d.held)-6):]).Draw(rt, "delivery")
}

// try demands that who has a message could do something to it, and who has it no more could not. While nobody else has received it who has had it
// has it still.
func (d *duel) try(h *holding, what string, err error, does func(*modelMessage)) {
	if m := d.messages[h.Message().Key]; m == h.of && !m.dead && m.holder == h {
		d.must(fmt.Sprintf("%s of %q by who has it", what, h.Message().Key), err)
		does(m)
		return
	}
	d.lost(fmt.Sprintf("%s of %q by who has lost it", what, h.Message().Key), err)
}

func (d *duel) redriveSome(rt *rapid.T) {
	g, ok := d.queue.(scan.Graveyard)
	if !ok {
		rt.Skip("the queue is no scan.Graveyard")
	}
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 2, rapid.ID).Draw(rt, "keys")
	want := 0
	for key, m := range d.messages {
		if m.dead && (len(keys) == 0 || slices.Contains(keys, key)) {
			d.messages[key] = &modelMessage{body: m.body, ready: d.now()}
			want++
		}
	}
	if n, err := g.Redrive(d.ctx, keys...); n != want || err != nil {
		d.Fatalf("Redrive of %q returned %d and %v; it must redrive %d", keys, n, err, want)
	}
}

// look compares the numbers, as far as no time is near.
func (d *duel) look(*rapid.T) {
	g, ok := d.other.(scan.Gauge)
	if !ok {
		return
	}
	got, err := g.Stats(d.ctx)
	d.must("Stats", err)
	want := scan.QueueStats{Oldest: got.Oldest}
	now := d.now()
	for m := range maps.Values(d.messages) {
		switch {
		case m.dead:
			want.Dead++
		case m.ready.Sub(now).Abs() <= near:
			return
		case !m.ready.After(now):
			want.Ready++
		case m.holder != nil:
			want.Leased++
		default:
			want.Delayed++
		}
	}
	if got != want {
		d.Fatalf("Stats are %+v; they must be %+v", got, want)
	}
}
