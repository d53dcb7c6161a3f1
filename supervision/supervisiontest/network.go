package supervisiontest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A flight is something that is under way and has not arrived.
type flight struct {
	what string
	land func(ctx context.Context) error
}

// Send says something to a record from outside, over a network that loses, doubles, delays and
// reorders. It has an id, so that a record accepts it once; [supervision.MessageID] overrides that.
func Send[B any](s *Sim, m *supervision.MessageOf[B], to supervision.Mailbox, id string, body B, options ...supervision.MessageOption) {
	n := s.sent.Add(1)
	options = append([]supervision.MessageOption{supervision.MessageID(fmt.Sprintf("sent-%d", n))}, options...)
	s.fly(fmt.Sprintf("message %d, %s to %s,", n, m.Name(), id), func(ctx context.Context) error {
		return m.Deliver(ctx, to, id, body, options...)
	})
}

// fly sends something on its way.
func (s *Sim) fly(what string, land func(ctx context.Context) error) {
	s.trace.add("", "%s is sent", what)
	f := flight{what, land}
	if !s.racing {
		s.flights = append(s.flights, f)
		return
	}
	s.flying.add(func() {
		for stays := true; stays; stays = s.land(f) {
			if s.suffers(Delays) {
				pause(s.ctx, Pick(s, 0, time.Second, time.Minute, 20*time.Minute))
			}
		}
	})
}

// flying are the flights of a race, of which new ones begin while others are waited for.
type flying struct {
	mu     sync.Mutex
	landed *sync.Cond
	n      int
	over   bool // there are no more
}

func newFlying() *flying {
	f := &flying{}
	f.landed = sync.NewCond(&f.mu)
	return f
}

// add begins a flight, unless it is over: then it was sent by what outlives its process.
func (f *flying) add(fly func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return
	}
	f.n++
	go func() {
		fly()
		f.mu.Lock()
		defer f.mu.Unlock()
		f.n--
		f.landed.Broadcast()
	}()
}

// wait waits until none is under way.
func (f *flying) wait() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waitLocked()
}

// end waits until none is under way, and lets no more begin.
func (f *flying) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waitLocked()
	f.over = true
}

func (f *flying) waitLocked() {
	for f.n > 0 {
		f.landed.Wait()
	}
}

// arrive lets something arrive that was sent: the first, if it is not delayed.
func (s *Sim) arrive() {
	at := 0
	if s.suffers(Delays) {
		at = s.Intn(len(s.flights))
	}
	if f := s.flights[at]; !s.land(f) {
		s.flights = append(s.flights[:at:at], s.flights[at+1:]...)
	}
}

// land lets something arrive, or get lost, and reports whether it is going to arrive again.
func (s *Sim) land(f flight) (again bool) {
	fate := s.tape.weigh(60, s.weight(Drops, 20), s.weight(Doubles, 20))
	if fate == 1 {
		s.trace.add("", "%s is lost", f.what)
		return false
	}
	err := f.land(s.ctx)
	s.trace.add("", "%s arrives: %s", f.what, answer(err))
	if err != nil && !refused(err) {
		s.trace.fail(fmt.Errorf("%s: %w", f.what, err))
	}
	return fate == 2
}

// act begins an action.
func (s *Sim) act() {
	a := s.actions[s.Intn(len(s.actions))]
	s.acts++
	s.begin(fmt.Sprintf("%s %d", a.name, s.acts), func(t *task) {
		if err := a.f(t.life.ctx); !t.life.dead.Load() {
			s.acted(a, t.name, err)
		}
	})
}

// acted looks at what came of an action.
func (s *Sim) acted(a named, who string, err error) {
	s.trace.add(who, "ends: %s", answerOf(err))
	if err != nil && !refused(err) && !errors.Is(err, errRefused) {
		s.trace.fail(fmt.Errorf("action %q: %w", a.name, err))
	}
}

// refused reports whether an error says that something may not be done now, which is nobody's fault.
func refused(err error) bool {
	for _, why := range []error{fsm.ErrNotPermitted, storage.ErrConflict, storage.ErrExists, storage.ErrNotFound} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}
