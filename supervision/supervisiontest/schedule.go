package supervisiontest

import (
	"fmt"
	"time"
)

// run is a simulation: a time in which everything can go wrong, and then one in which nothing does.
func (s *Sim) run() {
	for i := range s.options.Processes {
		s.begin(fmt.Sprintf("process %d", i+1), (*task).work)
	}
	for n := 0; n < s.options.Steps && !s.tape.hasEnded(); n++ {
		if s.trace.failed() != nil {
			return
		}
		s.next()
	}
	s.settle()
	if s.trace.failed() == nil {
		s.must(s.finally)
	}
}

// next lets one thing happen.
func (s *Sim) next() {
	time.Sleep(time.Millisecond) //nolint:forbidigo // it is how time passes in a bubble
	s.tickClock()
	act, arrive := 0, 0
	if len(s.actions) > 0 && len(s.tasks) < s.options.Processes+3 {
		act = 12
	}
	if len(s.flights) > 0 {
		arrive = 12
	}
	switch s.tape.weigh(100, act, arrive, s.weight(Stalls, 5), s.weight(Crashes, 3), s.weight(WrongClocks, 2)) {
	case 0:
		s.proceed()
	case 1:
		s.act()
	case 2:
		s.arrive()
	case 3:
		s.pass()
	case 4:
		s.crash(s.tasks[s.Intn(len(s.tasks))])
	case 5:
		s.jumpClock()
	}
	s.check()
}

// proceed lets a task go on that can, the one that waited longest if the choice is plain. If none can,
// something arrives, time passes until one can, or an action begins.
func (s *Sim) proceed() {
	if ready := s.ready(); len(ready) > 0 {
		s.goOn(ready[s.Intn(len(ready))])
		return
	}
	wake := s.wakeAt()
	switch {
	case len(s.flights) > 0:
		s.arrive()
	case !wake.IsZero() && (len(s.actions) == 0 || s.Intn(2) == 0):
		s.passTo(wake)
	case len(s.actions) > 0:
		s.act()
	}
}

func (s *Sim) ready() (ready []*task) {
	now := time.Now()
	for _, t := range s.tasks {
		if t.ready(now) {
			ready = append(ready, t)
		}
	}
	return ready
}

// wakeAt returns when the first task can go on; zero: never, by itself.
func (s *Sim) wakeAt() (first time.Time) {
	for _, t := range s.tasks {
		if at := t.readyAt(); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// pass lets time pass while everybody stands still.
func (s *Sim) pass() {
	lease := s.options.Supervisor.Lease
	d := Pick(s, time.Second, lease/2, lease+time.Second, 10*time.Minute, time.Hour, 5*time.Hour)
	s.trace.add("", "everything stands still for %v", d)
	s.passTo(time.Now().Add(d))
}

func (s *Sim) passTo(at time.Time) {
	time.Sleep(max(time.Until(at), time.Millisecond)) //nolint:forbidigo // it is how time passes in a bubble
}

// mostCalm is how many steps the estate may take to come to rest.
const mostCalm = 20_000

// settle lets the estate come to rest with nothing going wrong.
func (s *Sim) settle() {
	s.calm.Store(true)
	s.clock.jump = 0
	s.trace.add("", "from here on nothing goes wrong")
	end := time.Now().Add(s.options.Calm)
	for range mostCalm {
		if s.trace.failed() != nil {
			return
		}
		ready := s.ready()
		switch wake := s.wakeAt(); {
		case len(ready) > 0:
			s.goOn(ready[0])
		case len(s.flights) > 0:
			s.arrive()
		case wake.IsZero() || wake.After(end):
			return
		default:
			s.passTo(wake)
		}
		s.check()
	}
}
