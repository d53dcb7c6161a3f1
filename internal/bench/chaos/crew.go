package chaos

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A crew is the supervisor processes. Each has a seat, and whoever takes it after a death is another.
type crew struct {
	seats []*seat
	start func(ctx context.Context, name string) (*process, error)
}

// A seat is a process and those before it.
type seat struct {
	mu     sync.Mutex
	letter rune
	lives  int
	now    *process
}

// newCrew starts n processes.
func newCrew(ctx context.Context, n int, start func(ctx context.Context, name string) (*process, error)) (*crew, error) {
	c := &crew{start: start}
	for i := range n {
		s := &seat{letter: 'a' + rune(i)}
		c.seats = append(c.seats, s)
		if err := c.fill(ctx, s); err != nil {
			return c, err
		}
	}
	return c, nil
}

// fill starts a process on a seat that has none.
func (c *crew) fill(ctx context.Context, s *seat) (err error) {
	s.lives++
	s.now, err = c.start(ctx, fmt.Sprintf("%c%d", s.letter, s.lives))
	return err
}

// kill kills the process of a seat, and starts another after a while.
func (c *crew) kill(ctx context.Context, i int, after time.Duration) error {
	s := c.seats[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.kill()
	if !wait(ctx, after) {
		return nil
	}
	return c.fill(ctx, s)
}

// A moment says whether it is right to have stopped a process now, and whether it may go on.
type moment struct {
	right, over func(process string) bool
}

// pause stops the process of a seat at a right moment, for some time at least. It returns its name, and
// when it went on. A moment for which it waits in vain for as long is not waited for any longer.
func (c *crew) pause(ctx context.Context, i int, lasts time.Duration, m moment) (name string, on time.Time, err error) {
	const lastWords = 20 * time.Millisecond // until they have arrived
	s := c.seats[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	name = s.now.name
	for until := time.Now().Add(lasts); ; {
		if err := s.now.pause(); err != nil {
			return name, on, err
		}
		if !wait(ctx, lastWords) || m.right(name) || time.Now().After(until) {
			break
		}
		if err := s.now.wake(); err != nil {
			return name, on, err
		}
		wait(ctx, lastWords)
	}
	wait(ctx, lasts)
	for until := time.Now().Add(lasts); !m.over(name) && time.Now().Before(until) && wait(ctx, lastWords); {
	}
	on, err = time.Now(), s.now.wake()
	wait(ctx, lasts/4) // nobody kills it before it could do what it was about to
	return name, on, err
}

// stop lets all processes end what they do.
func (c *crew) stop() (errs []error) {
	for _, s := range c.seats {
		if s.now == nil {
			continue
		}
		if err := s.now.stop(); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// abandon kills whoever is left.
func (c *crew) abandon() {
	for _, s := range c.seats {
		if s.now != nil {
			s.now.kill()
		}
	}
}
