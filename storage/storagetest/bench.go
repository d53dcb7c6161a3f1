package storagetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Bench measures a backend with the calls that programs live by. Next to the time of a call it
// reports how many records, messages or effects a second that is.
func Bench(b *testing.B, h Harness) {
	b.Helper()
	h, err := h.withDefaults()
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name string
		run  func(*testing.B, *scene)
	}{
		{"create", benchCreate},
		{"order", benchOrder},
		{"turn of 1", benchTurns(1, 0)},
		{"turns of 100", benchTurns(100, 0)},
		{"turns of 100 among 20000 at rest", benchTurns(100, 20_000)},
		{"deliver", benchDeliver},
		{"take and settle 1", benchEffects(1)},
		{"take and settle 100", benchEffects(100)},
	} {
		b.Run(bench.name, func(b *testing.B) { bench.run(b, h.open(b, testCase{real: true})) })
	}
}

// measure times a call that does n things.
func (s *scene) measure(b *testing.B, n int, call func(i int) []error) {
	b.Helper()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		for _, answer := range call(i) {
			if answer != nil {
				b.Fatal(answer)
			}
		}
		i++
	}
	b.ReportMetric(float64(i*n)/b.Elapsed().Seconds(), "things/s")
}

func (s *scene) populate(n int, edits ...edit) {
	s.Helper()
	for i := range n {
		s.must(s.creation(strconv.Itoa(i), edits...))
	}
}

func benchCreate(b *testing.B, s *scene) {
	b.Helper()
	template := s.creation("0")
	s.measure(b, 1, func(i int) []error {
		c := template
		c.Key.ID = strconv.Itoa(i)
		return s.apply(c)
	})
}

func benchOrder(b *testing.B, s *scene) {
	b.Helper()
	const n = 1000
	s.populate(n)
	template := s.order("0", s.inState(1), func(c *storage.Change) { c.Lines = []storage.Line{{Cause: "order"}} })
	s.measure(b, 1, func(i int) []error {
		c := template
		c.Key.ID, c.Version = strconv.Itoa(i%n), uint64(i/n+1) //nolint:gosec // counts up
		return s.apply(c)
	})
}

func benchTurns(batch, resting int) func(*testing.B, *scene) {
	return func(b *testing.B, s *scene) {
		b.Helper()
		for i := 0; i < resting; i += many {
			s.crowd(i, min(many, resting-i))
		}
		s.populate(1000, s.dueIn(0))
		s.measure(b, batch, func(int) []error {
			var changes []storage.Change
			for _, held := range s.claim(batch) {
				changes = append(changes, turn(held, func(c *storage.Change) {
					c.Record.Due, c.Lines = held.Now, []storage.Line{{Cause: "turn"}}
				}))
			}
			return s.apply(changes...)
		})
	}
}

func benchDeliver(b *testing.B, s *scene) {
	b.Helper()
	const n = 1000
	s.populate(n)
	m := s.message("", "0")
	s.measure(b, 1, func(i int) []error {
		m.ID, m.Slot, m.To.ID = strconv.Itoa(i), "slot", strconv.Itoa(i%n)
		return s.deliver(m)
	})
}

func benchEffects(batch int) func(*testing.B, *scene) {
	return func(b *testing.B, s *scene) {
		b.Helper()
		for i := range 1000 {
			id := strconv.Itoa(i)
			s.must(s.creation(id, emits(effect(id, ""))))
		}
		s.measure(b, batch, func(int) []error {
			taken, err := s.Store.Take(s.ctx, storage.Claim{Names: []string{performed}, Owner: owner, Limit: batch, TTL: time.Hour})
			s.is("take", err, nil)
			var settlements []storage.Settlement
			for _, e := range taken {
				settlements = append(settlements, settlement(e, storage.EffectPending))
			}
			return s.settle(settlements...)
		})
	}
}
