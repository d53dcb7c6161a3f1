package supervisiontest

import (
	"context"
	"iter"
	"sync/atomic"
	"time"
)

// A task is one of those who work at the same time: a process, or an action. It runs until its next
// step, and there another one may go on instead. In a simulation it is a coroutine, so that only one
// runs at a time; in a [Race] it is a goroutine.
type task struct {
	sim  *Sim
	name string
	life *life // from its last start to its crash

	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool

	until time.Time       // it sleeps until then; zero: it does not
	wake  context.Context //nolint:containedctx // or until this ends, if it is not nil
	idle  bool            // it has nothing to do until something is due
	over  bool            // the simulation has ended
}

// A life ends with a crash: nothing that began in it reaches the store or the outside afterwards.
type life struct {
	ctx    context.Context //nolint:containedctx // it is as long as the life
	cancel context.CancelCauseFunc
	dead   atomic.Bool
}

func (s *Sim) newLife(ctx context.Context) *life {
	ctx, cancel := context.WithCancelCause(ctx)
	return &life{ctx: ctx, cancel: cancel}
}

func (l *life) end() {
	l.dead.Store(true)
	l.cancel(errCrashed)
}

// begin adds a task, which has not begun to run yet.
func (s *Sim) begin(name string, run func(t *task)) {
	t := &task{sim: s, name: name, life: s.newLife(s.ctx)}
	t.resume, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		run(t)
		t.life.cancel(nil)
	})
	s.tasks = append(s.tasks, t)
}

// step lets others go on. Its error says that the task has crashed meanwhile.
func (t *task) step(l *life) error {
	if t.sim.racing {
		return t.raceStep(l)
	}
	if !l.dead.Load() && !t.over {
		t.over = !t.yield(struct{}{})
	}
	if l.dead.Load() || t.over {
		return errCrashed
	}
	return nil
}

// sleep lets others go on for a while, or until ctx ends.
func (t *task) sleep(ctx context.Context, l *life, d time.Duration) error {
	if t.sim.racing {
		pause(ctx, d)
		return t.step(l)
	}
	t.until, t.wake = time.Now().Add(d), ctx
	err := t.step(l)
	t.until, t.wake = time.Time{}, nil
	return err
}

// rest lets others go on until there may be something to do.
func (t *task) rest(l *life) {
	t.idle = true
	_ = t.sleep(l.ctx, l, t.sim.options.Supervisor.Poll)
	t.idle = false
}

// ready reports whether the task can go on.
func (t *task) ready(now time.Time) bool {
	switch {
	case t.wake != nil && t.wake.Err() != nil:
		return true
	case t.until.After(now):
		return false
	case t.idle:
		due := t.sim.ledger.due
		return !due.IsZero() && !due.After(now)
	}
	return true
}

// readyAt returns when it can go on, as far as can be known; zero: when somebody gives it something.
func (t *task) readyAt() time.Time {
	if due := t.sim.ledger.due; t.idle && (due.IsZero() || due.After(t.until)) {
		return due
	}
	return t.until
}

// crash ends the life of a task between two steps.
func (s *Sim) crash(t *task) {
	s.trace.add(t.name, "CRASHES")
	t.life.end()
	s.goOn(t)
}

// goOn lets a task run until its next step.
func (s *Sim) goOn(t *task) {
	s.current = t
	_, more := t.resume()
	s.current = nil
	s.leave(t)
	if more {
		s.tasks = append(s.tasks, t) // behind all others
	}
}

func (s *Sim) leave(t *task) {
	for i := range s.tasks {
		if s.tasks[i] == t {
			s.tasks = append(s.tasks[:i:i], s.tasks[i+1:]...)
			return
		}
	}
}

// stopAll ends what still goes on.
func (s *Sim) stopAll() {
	for _, t := range s.tasks {
		t.life.end()
		t.stop()
	}
	s.tasks = nil
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
