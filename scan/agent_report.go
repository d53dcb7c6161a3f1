package scan

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// reportInBackground reports all tasks and the agent itself, on each beat, until what it returns is called. Neither waits for the other.
func (s *shift) reportInBackground() (quiet func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	var reporters sync.WaitGroup
	reporters.Go(func() { s.onBeats(ctx, s.news, func() { s.report(ctx) }) })
	reporters.Go(func() { s.onBeats(ctx, nil, func() { s.beat(ctx, Beat{}) }) })
	return func() {
		cancel()
		reporters.Wait()
	}
}

// onBeats does something on each beat, and when there is news, until ctx ends.
func (s *shift) onBeats(ctx context.Context, news <-chan struct{}, do func()) {
	beat := time.NewTicker(s.options.Beat)
	defer beat.Stop()
	for {
		select {
		case <-news:
		case <-beat.C:
		case <-ctx.Done():
			return
		}
		do()
	}
}

// hurry has the tasks reported before the next beat.
func (s *shift) hurry() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// report says how far the tasks are about which something was done, in one call, and does what the desk says about each.
func (s *shift) report(ctx context.Context) {
	tasks, progress := s.moved()
	if len(tasks) == 0 {
		return
	}
	var directives []Directive
	err := s.call(ctx, func(ctx context.Context) (err error) {
		directives, err = s.Desk.Report(ctx, progress)
		return err
	})
	if err == nil && len(directives) != len(tasks) {
		err = fmt.Errorf("%d directives for %d requests; one for each is right", len(directives), len(tasks))
	}
	if err != nil {
		s.tell("progress could not be reported", err)
		for _, t := range tasks {
			t.unheard()
		}
		return
	}
	var all sync.WaitGroup
	for i, t := range tasks {
		all.Go(func() { t.heed(ctx, directives[i]) })
	}
	all.Wait()
}

// moved returns the tasks about which something was done since the last report, and what is to be said of them.
func (s *shift) moved() (tasks []*task, progress []Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.tasks {
		t.mu.Lock()
		if t.moved && t.held.Err() == nil {
			t.moved = false
			tasks, progress = append(tasks, t), append(progress, t.said)
		}
		t.mu.Unlock()
	}
	return tasks, progress
}

// unheard has a report made again.
func (t *task) unheard() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moved = true
}

// heed does what the desk said.
func (t *task) heed(ctx context.Context, d Directive) {
	t.mu.Lock()
	t.said.Seq++
	t.mu.Unlock()
	switch d.Do {
	case Continue:
		t.extend(ctx)
		t.shift.supersede(t.request)
		t.have(d.Have)
		t.begun()
	case Cancel:
		t.stop(&canceledError{d.Why})
	case Drop:
		t.stop(errDropped)
	default:
		t.shift.log.Warn("a directive is unknown; the request is not extended", "job", t.request.Job, "directive", string(d.Do))
	}
}

// supersede drops tasks of earlier epochs of a job: nobody waits for them any more.
func (s *shift) supersede(by *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.tasks {
		if t.request.Job == by.Job && t.request.Epoch < by.Epoch {
			t.stop(errDropped)
		}
	}
}

// beat says that the agent is there, and does what it is told about itself.
func (s *shift) beat(ctx context.Context, b Beat) bool {
	s.mu.Lock()
	b.Agent, b.Width, b.Busy, b.Worked = s.id, s.options.Width, len(s.tasks), s.worked.Load()
	s.mu.Unlock()
	var order Order
	err := s.call(ctx, func(ctx context.Context) (err error) {
		order, err = s.Desk.Beat(ctx, b)
		return err
	})
	switch {
	case err != nil && ctx.Err() == nil:
		s.tell("the desk could not be told that the agent is there", err)
	case order == Drain:
		s.drain()
	case order == Stop:
		s.end(errStopped)
	}
	return err == nil
}

// farewell says why the agent stops by itself.
func (s *shift) farewell() {
	const tries = 3
	b := Beat{Idle: s.idle, Drained: !s.idle}
	for range tries {
		if s.ctx.Err() != nil || s.beat(s.ctx, b) || !s.pause(s.ctx, s.options.Beat) {
			return
		}
	}
}
