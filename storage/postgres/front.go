package postgres

import (
	"context"
	"strings"
	"time"
)

// A claimer makes one claim at a time, because several of a process step over each other's rows.
type claimer struct {
	turn   chan struct{} // holds a value while somebody claims
	fronts map[string]*front
}

func newClaimer() *claimer {
	return &claimer{turn: make(chan struct{}, 1), fronts: map[string]*front{}}
}

// claim runs fn when nobody else claims, with the front of what the names are of.
func (c *claimer) claim(ctx context.Context, names []string, fn func(names []string, f *front) error) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	names = distinct(names)
	key := strings.Join(names, "\x00") // no name has a zero byte
	if c.fronts[key] == nil {
		c.fronts[key] = &front{}
	}
	return fn(names, c.fronts[key])
}

// A front is where what is due begins. Before it lies what was due: the server cannot clear it away while
// somebody has an old snapshot open, and to step over it takes longer with every turn. So where that is slow,
// a look from the beginning takes a twentieth of the time at most, as long as there is enough to do
// from the front on.
type front struct {
	at   time.Time // when the last one that was found was due
	next time.Time // when to look from the beginning again, by the process's clock
}

// The beginning is before everything that is due.
var beginning = time.Unix(0, 0)

// look finds up to limit things that are due, by calls of find, which returns how many it found from a time
// on, and when the last of them was due.
func (f *front) look(limit int, find func(from time.Time, limit int) (n int, last time.Time, err error)) error {
	if time.Now().Before(f.next) {
		n, last, err := find(f.at, limit)
		if n > 0 {
			f.at = last
		}
		if err != nil || n == limit {
			return err
		}
		limit -= n
	}
	begun := time.Now()
	n, last, err := find(beginning, limit)
	took := time.Since(begun)
	if f.next = begun; n == limit && took > 5*time.Millisecond+time.Duration(limit)*50*time.Microsecond {
		f.next = begun.Add(20 * took)
	}
	if n > 0 {
		f.at = last
	}
	return err
}
