package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// handles returns n stores on the same data, by several handles if the backend can open them.
func (s *scene) handles(n int) []storage.Store {
	s.Helper()
	stores := make([]storage.Store, n)
	for i := range stores {
		stores[i] = s.Store
		if s.Open != nil && i%2 == 1 {
			stores[i] = s.Open(s)
		}
	}
	return stores
}

// contend lets n goroutines do something at the same time, and demands that none of them fails.
func (s *scene) contend(n int, do func(i int) error) {
	s.Helper()
	var all sync.WaitGroup
	start, failed := make(chan struct{}), make([]error, n)
	for i := range n {
		all.Go(func() {
			<-start
			failed[i] = do(i)
		})
	}
	close(start)
	all.Wait()
	s.is("what contenders do", errors.Join(failed...), nil)
}

// insist orders a record something as often as it takes.
func (s *scene) insist(store storage.Store, key storage.Key, order ...edit) error {
	for range 10000 {
		got, err := store.Load(s.ctx, []storage.Key{key})
		if err != nil {
			return err
		}
		answers, err := store.Apply(s.ctx, []storage.Change{turn(got[0], order...)})
		if err != nil {
			return err
		}
		if !errors.Is(answers[0], storage.ErrConflict) {
			return answers[0]
		}
	}
	return errors.New("an order conflicts again and again")
}

// perform lets contenders take and settle effects until none is left. Each calls begin for what it
// has taken, and what that returns before it settles.
func (s *scene) perform(stores []storage.Store, begin func(storage.Taken) (end func())) {
	s.Helper()
	s.contend(len(stores), func(i int) error {
		for idle := 0; idle < 50; {
			taken, err := stores[i].Take(s.ctx, storage.Claim{Names: []string{performed}, Owner: fmt.Sprint(i), Limit: 3, TTL: time.Hour})
			if err != nil {
				return err
			}
			if len(taken) == 0 {
				idle++
				sleep(100 * time.Microsecond)
			}
			var ends []func()
			for _, e := range taken {
				idle = 0
				ends = append(ends, begin(e))
			}
			for j, e := range taken {
				sleep(50 * time.Microsecond)
				ends[j]()
				answers, err := stores[i].Settle(s.ctx, []storage.Settlement{settlement(e, storage.EffectDone)})
				if err = errors.Join(err, errors.Join(answers...)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
