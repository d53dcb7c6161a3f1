package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func hints() group {
	return group{"hints", []testCase{
		{name: "of a delivery", run: hinted(recordsFound, hintOfDelivery)},
		{name: "of an order that makes due", run: hinted(recordsFound, hintOfOrder)},
		{name: "of a message that a change sends", run: hinted(recordsFound, hintOfSending)},
		{name: "of a message that is opened again", run: hinted(recordsFound, hintOfRedriving)},
		{name: "of a release", run: hinted(recordsFound, hintOfRelease)},
		{name: "of an outcome", run: hinted(recordsFound, hintOfOutcome)},
		{name: "of an effect", run: hinted(effectsFound, hintOfEffect)},
		{name: "of an effect that is released", run: hinted(effectsFound, hintOfReleasedEffect)},
		{name: "of an effect that is redriven", run: hinted(effectsFound, hintOfRedrivenEffect)},
		{name: "of the next in a lane", run: hinted(effectsFound, hintOfLane)},
		{name: "begin when listening does", run: notifying(listeningBegins)},
		{name: "are given to all who listen", run: notifying(allAreHinted)},
		{name: "end with their context", run: notifying(listeningEnds)},
	}}
}

// notifying runs a test that needs a store that hints.
func notifying(run func(*scene, storage.Notifier)) func(*scene) {
	return func(s *scene) {
		n, ok := s.Store.(storage.Notifier)
		if !ok {
			s.Skip("the store is no storage.Notifier")
		}
		run(s, n)
	}
}

// A finder returns the ids of what is due, in a goroutine of its own.
type finder func(s *scene) ([]string, error)

func recordsFound(s *scene) ([]string, error) {
	got, err := s.Store.Claim(s.ctx, storage.Claim{Names: []string{s.Kind}, Owner: owner, Limit: 100, TTL: ttl})
	return idsOf(got), err
}

func effectsFound(s *scene) (ids []string, err error) {
	got, err := s.Store.Take(s.ctx, storage.Claim{Names: []string{performed}, Owner: owner, Limit: 100, TTL: ttl})
	for _, e := range got {
		ids = append(ids, e.ID)
	}
	return ids, err
}

// hinted demands a hint on which what a call makes due is found: one that comes after the commit. Hints
// may be lost, as one is that comes before anybody listens, so it is tried a few times, each time with
// an id of its own. Prepare does all but the call.
func hinted(find finder, prepare func(s *scene, id string) (call func())) func(*scene) {
	return notifying(func(s *scene, n storage.Notifier) {
		const tries, patience = 6, 50 * time.Millisecond
		given := s.listen(n)
		for i := range tries {
			id := fmt.Sprint("r", i)
			call := prepare(s, id)
			forget(given)
			type answer struct {
				found bool
				err   error
			}
			watched := make(chan answer)
			go func() {
				found, err := s.watch(given, find, id, patience<<i)
				watched <- answer{found, err}
			}()
			call()
			got := <-watched
			s.is("looking for what is due", got.err, nil)
			if got.found {
				return
			}
		}
		s.Fatalf("%d times there was no hint on which what is due was found; a hint comes after the commit", tries)
	})
}

// listen returns a channel that has a value when hints were given. It waits for the first one, which is given when
// listening begins, and takes it.
func (s *scene) listen(n storage.Notifier) <-chan struct{} {
	s.Helper()
	ctx, stop := context.WithCancel(s.ctx)
	given, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		_ = n.Listen(ctx, func() {
			select {
			case given <- struct{}{}:
			default: // one is enough
			}
		})
	}()
	s.Cleanup(func() {
		stop()
		<-ended
	})
	select {
	case <-given:
	case <-time.After(time.Second): // it is a test of its own that there is one
	}
	return given
}

// forget lets go of a hint that was given for something else.
func forget(given <-chan struct{}) {
	select {
	case <-given:
	default:
	}
}

// watch reports whether an id is found when a hint is given. It is as patient after each hint.
func (s *scene) watch(given <-chan struct{}, find finder, id string, patience time.Duration) (bool, error) {
	for {
		select {
		case <-given:
			ids, err := find(s)
			if err != nil || slices.Contains(ids, id) {
				return err == nil, err
			}
		case <-time.After(patience):
			return false, nil
		}
	}
}

func allAreHinted(s *scene, n storage.Notifier) {
	const tries, patience = 6, 50 * time.Millisecond
	all := []<-chan struct{}{s.listen(n), s.listen(n), s.listen(n)}
	heard := map[int]bool{}
	for i := range tries {
		id := fmt.Sprint("r", i)
		s.create(id, s.dueIn(0))
		for j, given := range all {
			select {
			case <-given:
				heard[j] = true
			case <-time.After(patience << i):
			}
		}
	}
	s.same("how many of those who listen were given a hint", len(heard), len(all))
}

// listeningBegins demands a hint although nothing is written any more.
func listeningBegins(s *scene, n storage.Notifier) {
	s.create("a", s.dueIn(0))
	ctx, stop := context.WithCancel(s.ctx)
	given, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_ = n.Listen(ctx, sync.OnceFunc(func() { close(given) }))
	}()
	heard := false
	select {
	case <-given:
		heard = true
	case <-time.After(3 * time.Second):
	}
	stop()
	<-ended
	s.same("whether who begins to listen is given a hint, because of what became due before", heard, true)
}

func listeningEnds(s *scene, n storage.Notifier) {
	over := errors.New("over")
	ctx, stop := context.WithCancelCause(s.ctx)
	ended, hints := make(chan error), atomic.Int32{}
	go func() { ended <- n.Listen(ctx, func() { hints.Add(1) }) }()
	stop(over)
	s.is("listening, when its context ends", <-ended, over)
	s.is("listening under a context that has ended", n.Listen(ctx, func() { hints.Add(1) }), over)
	before := hints.Load()
	s.create("a", s.dueIn(0))
	s.same("hints to one who has ended", hints.Load(), before)
}
