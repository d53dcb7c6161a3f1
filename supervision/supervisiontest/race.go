package supervisiontest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// race is a simulation with goroutines. Time passes when all of them wait.
func (s *Sim) race() {
	working, stop := context.WithCancel(s.ctx)
	acting, rest := context.WithTimeout(s.ctx, time.Duration(s.options.Steps)*10*time.Second)
	var processes, others sync.WaitGroup
	defer processes.Wait()
	defer stop()
	for i := range s.options.Processes {
		processes.Go(func() { s.raceProcess(working, fmt.Sprintf("process %d", i+1)) })
	}
	for range 3 {
		others.Go(func() { s.raceActions(acting) })
	}
	others.Go(func() { s.raceClock(acting) })
	<-acting.Done()
	rest()
	others.Wait()
	s.raceSettle()
	stop()
	processes.Wait()
	s.flying.end()
	if s.trace.failed() == nil {
		s.must(s.always)
		s.must(s.finally)
	}
}

// raceProcess is a process from its first start to the end.
func (s *Sim) raceProcess(ctx context.Context, name string) {
	t := &task{sim: s, name: name}
	for ctx.Err() == nil {
		t.life = s.newLife(ctx)
		p, err := t.start()
		if err == nil {
			err = p.run() //nolint:contextcheck // it has that of its life
		}
		t.life.end()
		if err != nil {
			s.trace.fail(fmt.Errorf("%s cannot work: %w", name, err))
			return
		}
		pause(ctx, Pick(s, time.Second, 0, time.Minute))
	}
}

// run runs the supervisor until the process crashes, or is stopped as it should be.
func (p *Process) run() error {
	ctx, stop := context.WithCancel(p.life.ctx)
	defer stop()
	if p.sim.suffers(Crashes) {
		timer := time.AfterFunc(Pick(p.sim, time.Hour, time.Second, 10*time.Second, time.Minute, 10*time.Minute), stop)
		defer timer.Stop()
	}
	err := p.supervisor.Run(ctx)
	switch {
	case p.life.dead.Load() || errors.Is(err, errRefused):
		return nil
	case ctx.Err() == nil:
		return err
	}
	p.sim.trace.add(p.Name(), "stops: %s", answer(err)) // what did not end in time is given back
	return nil
}

// raceStep lets others be faster, or ends the process.
func (t *task) raceStep(l *life) error {
	s := t.sim
	switch s.tape.weigh(300, 50, s.weight(Stalls, 5), s.weight(Crashes, 1)) {
	case 1:
		pause(l.ctx, time.Millisecond)
	case 2:
		lease := s.options.Supervisor.Lease
		pause(l.ctx, Pick(s, time.Second, lease/2, lease+time.Second))
	case 3:
		s.trace.add(t.name, "CRASHES")
		l.end()
	}
	if l.dead.Load() {
		return errCrashed
	}
	return nil
}

// raceActions acts again and again.
func (s *Sim) raceActions(ctx context.Context) {
	for ctx.Err() == nil && len(s.actions) > 0 {
		a := s.actions[s.Intn(len(s.actions))]
		s.acted(a, a.name, a.f(context.WithoutCancel(ctx)))
		pause(ctx, Pick(s, time.Second, 0, time.Minute, 10*time.Minute))
	}
}

// raceClock sets the store's clock wrong now and then.
func (s *Sim) raceClock(ctx context.Context) {
	for ctx.Err() == nil && s.suffers(WrongClocks) {
		pause(ctx, time.Duration(1+s.Intn(20))*time.Minute)
		s.mu.Lock()
		s.jumpClock()
		s.mu.Unlock()
		pause(ctx, time.Duration(1+s.Intn(60))*time.Second)
		s.mu.Lock()
		s.clock.jump = 0
		s.mu.Unlock()
	}
}

// raceSettle waits until nothing is due any more, and nothing is under way.
func (s *Sim) raceSettle() {
	s.calm.Store(true)
	s.trace.add("", "from here on nothing goes wrong")
	s.flying.wait()
	for end := time.Now().Add(s.options.Calm); s.trace.failed() == nil; {
		s.mu.Lock()
		s.trace.fail(s.ledger.check(s.ctx))
		due := s.ledger.due
		s.mu.Unlock()
		if due.IsZero() || due.After(end) || time.Now().After(end) {
			return
		}
		pause(s.ctx, max(time.Until(due), s.options.Supervisor.Poll))
		s.flying.wait()
	}
}

// Listen implements [storage.Notifier]. Some hints are lost.
func (g *gate) Listen(ctx context.Context, hint func(storage.Hint)) error {
	notifier, ok := g.sim.store.(storage.Notifier)
	if !ok {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return notifier.Listen(ctx, func(due storage.Hint) {
		if !g.sim.suffers(Refusals) || g.sim.Intn(4) != 3 {
			hint(due)
		}
	})
}
