package scan

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A shift is an agent from the beginning of its Run to the end.
type shift struct {
	*Agent

	// ctx ends when all work does, by end.
	ctx context.Context
	end context.CancelCauseFunc
	// slots has an entry for each request that is, or may be, worked on.
	slots chan struct{}
	// open ends when nothing more is to be taken, by drain; a Receive that waits does, too.
	open  context.Context
	drain context.CancelFunc
	// news has an entry when there is something to be reported that should not wait for the next beat.
	news    chan struct{}
	worked  atomic.Uint64
	working sync.WaitGroup
	// idle: the last look at the queue found nothing.
	idle bool

	mu    sync.Mutex
	tasks map[*task]bool
	since time.Time // nothing is worked on
}

// What ends a shift, or a task.
var (
	errStopped = errors.New("the agent was told to stop")
	errLost    = errors.New("the lease on the request is lost")
	errDropped = errors.New("the request is superseded, or its job has ended")
)

func newShift(ctx context.Context, a *Agent) *shift {
	s := &shift{
		Agent: a,
		slots: make(chan struct{}, a.options.Width),
		news:  make(chan struct{}, 1),
		tasks: map[*task]bool{},
		since: time.Now(),
	}
	s.ctx, s.end = context.WithCancelCause(ctx)
	s.open, s.drain = context.WithCancel(s.ctx)
	return s
}

// run works until nothing more is to be taken and all that was taken has ended.
func (s *shift) run() {
	defer s.end(nil)
	defer s.drain()
	s.beat(s.ctx, Beat{})
	quiet := s.reportInBackground()
	s.take()
	s.working.Wait()
	quiet()
	s.farewell()
}

// take receives requests as there is room for them, until no more are to be taken.
func (s *shift) take() {
	defer listening(s.ctx, s.Requests)()
	for {
		room := s.room()
		if room == 0 {
			return
		}
		last := s.options.Idle > 0 && s.idleFor() >= s.options.Idle
		begun := time.Now()
		deliveries, err := s.Requests.Receive(s.open, room, s.options.Lease)
		taken := 0
		for _, d := range deliveries {
			if taken < room && s.begin(d) {
				taken++
			} else if taken == room {
				s.giveBack(d, 0) // more than was asked for
			}
		}
		for range room - taken {
			<-s.slots
		}
		switch {
		case s.open.Err() != nil: // nothing more is to be taken
		case err != nil:
			s.tell("requests could not be received", err)
			s.pause(s.ctx, s.options.Beat)
		case len(deliveries) == 0 && last:
			s.idle = true
			return
		case len(deliveries) == 0: // a queue that does not wait is not asked all the time
			s.pause(s.ctx, s.options.Beat/10-time.Since(begun))
		}
	}
}

// room waits until another request can be worked on, and returns how many can; none if none is to be taken any more. Who is busy waits for a moment more:
// to receive a few at once costs the queue no more than to receive one.
func (s *shift) room() int {
	if s.open.Err() != nil {
		return 0
	}
	select {
	case <-s.open.Done():
		return 0
	case s.slots <- struct{}{}:
	}
	n := 1 + s.more()
	if 2*n < s.options.Width {
		s.pause(s.open, s.options.Beat/20)
		n += s.more()
	}
	return n
}

// more takes the slots that are free.
func (s *shift) more() (n int) {
	for {
		select {
		case s.slots <- struct{}{}:
			n++
		default:
			return n
		}
	}
}

// idleFor returns for how long nothing has been worked on.
func (s *shift) idleFor() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tasks) > 0 {
		return 0
	}
	return time.Since(s.since)
}

// leave is what a task does at its end.
func (s *shift) leave(t *task) {
	s.mu.Lock()
	delete(s.tasks, t)
	s.since = time.Now()
	s.mu.Unlock()
	<-s.slots
}

// call calls a queue or the desk, which may not take longer than a beat.
func (s *shift) call(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Beat)
	defer cancel()
	return do(ctx)
}

// pause waits, and reports whether ctx still goes on.
func (s *shift) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// tell logs what went wrong, unless the end of the shift is why.
func (s *shift) tell(what string, err error, more ...any) {
	if s.ctx.Err() == nil {
		s.log.Warn(what, append(more, "error", err)...)
	}
}
