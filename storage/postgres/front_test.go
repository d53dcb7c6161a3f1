package postgres

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A queue is what is due, by seconds, and how long it takes to step over what was due before.
type queue struct {
	due  []int
	slow time.Duration
	from []time.Time // where each look began
}

func (q *queue) find(from time.Time, limit int) (n int, last time.Time, err error) {
	q.from = append(q.from, from)
	if from.Equal(beginning) {
		time.Sleep(q.slow)
	}
	slices.Sort(q.due)
	var left []int
	for _, s := range q.due {
		if at := time.Unix(int64(s), 0); n < limit && !at.Before(from) {
			n, last = n+1, at
		} else {
			left = append(left, s)
		}
	}
	q.due = left
	return n, last, nil
}

func (q *queue) wholeLooks() (n int) {
	for _, from := range q.from {
		if from.Equal(beginning) {
			n++
		}
	}
	return n
}

func TestFront(t *testing.T) {
	t.Parallel()
	fill := func(n int) (due []int) {
		for i := range n {
			due = append(due, i+1)
		}
		return due
	}
	t.Run("while it is quick every look is from the beginning", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			q, f := &queue{due: fill(100)}, &front{}
			for range 10 {
				if err := f.look(10, q.find); err != nil {
					t.Fatal(err)
				}
			}
			if len(q.due) != 0 || q.wholeLooks() != 10 {
				t.Errorf("%d are left after %d looks from the beginning; none and 10 are right", len(q.due), q.wholeLooks())
			}
		})
	})
	t.Run("when it is slow one look in a while is", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			q, f := &queue{due: fill(10_000), slow: time.Second}, &front{}
			begun := time.Now()
			for range 1000 {
				if err := f.look(10, q.find); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			whole := time.Duration(q.wholeLooks()) * q.slow
			if all := time.Since(begun); len(q.due) != 0 || whole > all/15 {
				t.Errorf("%d are left; looks from the beginning took %v of %v, a twentieth is right", len(q.due), whole, all)
			}
		})
	})
	t.Run("what is due before the front is found when there is nothing else to do", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			q, f := &queue{due: fill(30), slow: time.Second}, &front{}
			for range 2 {
				if err := f.look(10, q.find); err != nil {
					t.Fatal(err)
				}
			}
			q.due = append(q.due, 3) // one that was committed late
			if err := f.look(20, q.find); err != nil || len(q.due) != 0 {
				t.Errorf("%v is left (%v); a look that found too little goes on from the beginning", q.due, err)
			}
		})
	})
	t.Run("what is due before the front does not wait for ever", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			q, f := &queue{due: fill(20), slow: time.Second}, &front{}
			if err := f.look(10, q.find); err != nil {
				t.Fatal(err)
			}
			q.due = append(q.due, 3)
			for i := 0; slices.Contains(q.due, 3); i++ {
				q.due = append(q.due, 1000+i) // there is always enough to do
				if i > 1000 {
					t.Fatal("it waits still after a thousand looks")
				}
				if err := f.look(1, q.find); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
		})
	})
	t.Run("an error is answered", func(t *testing.T) {
		t.Parallel()
		wrong := errors.New("wrong")
		err := (&front{}).look(1, func(time.Time, int) (int, time.Time, error) { return 0, time.Time{}, wrong })
		if !errors.Is(err, wrong) {
			t.Errorf("the error is %v; %v is right", err, wrong)
		}
	})
}
