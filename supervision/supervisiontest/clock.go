package supervisiontest

import (
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A clock is the store's clock as the processes see it.
type clock struct {
	offset time.Duration // all of the time
	jump   time.Duration // of now alone, for a while
	left   int           // how many steps that lasts
}

// out returns a time of the store as the processes see it.
func (c *clock) out(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(c.offset)
}

// in is the reverse of out.
func (c *clock) in(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-c.offset)
}

func (c *clock) now(t time.Time) time.Time { return c.out(t).Add(c.jump) }

// setClock chooses how wrong the clock is in this simulation.
func (s *Sim) setClock() {
	if s.suffers(WrongClocks) {
		const years = 1000 * 24 * time.Hour
		s.clock.offset = Pick(s, 0, years, -years, 17*time.Minute)
	}
}

// jumpClock sets the clock wrong for some steps.
func (s *Sim) jumpClock() {
	s.clock.jump = Pick(s, -time.Second, time.Minute, -time.Hour, 2*time.Hour)
	s.clock.left = 1 + s.Intn(10)
	s.trace.add("", "the store's clock jumps by %v", s.clock.jump)
}

// tickClock sets a clock that jumped right again, in time.
func (s *Sim) tickClock() {
	if s.clock.left--; s.clock.left <= 0 && s.clock.jump != 0 {
		s.clock.jump = 0
		s.trace.add("", "the store's clock is right again")
	}
}

// snapshot shows what was claimed or loaded as the processes see it.
func (c *clock) snapshot(s *storage.Snapshot) {
	c.record(&s.Record, c.out)
	c.elements(s.Elements, c.out)
	for i := range s.Messages {
		s.Messages[i].At = c.out(s.Messages[i].At)
	}
	s.Now = c.now(s.Now)
}

func (c *clock) record(r *storage.Record, way func(time.Time) time.Time) {
	for _, t := range []*time.Time{&r.Deadline, &r.Since, &r.Until, &r.Due, &r.NotBefore} {
		*t = way(*t)
	}
}

func (c *clock) elements(elements []storage.Element, way func(time.Time) time.Time) {
	for i := range elements {
		c.element(&elements[i], way)
	}
}

func (c *clock) element(e *storage.Element, way func(time.Time) time.Time) {
	e.Since, e.Due = way(e.Since), way(e.Due)
}

func (c *clock) effect(e *storage.Effect, way func(time.Time) time.Time) {
	e.Deadline, e.Due = way(e.Deadline), way(e.Due)
}

// change returns a process's change as the store is to have it.
func (c *clock) change(of storage.Change) storage.Change {
	c.record(&of.Record, c.in)
	of.Elements, of.Emit, of.Spawn = slices.Clone(of.Elements), slices.Clone(of.Emit), slices.Clone(of.Spawn)
	c.elements(of.Elements, c.in)
	for i := range of.Emit {
		c.effect(&of.Emit[i], c.in)
	}
	for i := range of.Spawn {
		s := &of.Spawn[i]
		s.Elements = slices.Clone(s.Elements)
		c.record(&s.Record, c.in)
		c.elements(s.Elements, c.in)
	}
	return of
}
