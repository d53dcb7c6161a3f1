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
		{name: "of a delivery", run: hinted(storage.HintRecords, hintOfDelivery)},
		{name: "of an order that makes due", run: hinted(storage.HintRecords, hintOfOrder)},
		{name: "of a message that a change sends", run: hinted(storage.HintRecords, hintOfSending)},
		{name: "of a message that is opened again", run: hinted(storage.HintRecords, hintOfRedriving)},
		{name: "of a release", run: hinted(storage.HintRecords, hintOfRelease)},
		{name: "of an outcome", run: hinted(storage.HintRecords, hintOfOutcome)},
		{name: "of an effect", run: hinted(storage.HintEffects, hintOfEffect)},
		{name: "of an effect that is released", run: hinted(storage.HintEffects, hintOfReleasedEffect)},
		{name: "of an effect that is redriven", run: hinted(storage.HintEffects, hintOfRedrivenEffect)},
		{name: "of the next in a lane", run: hinted(storage.HintEffects, hintOfLane)},
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

// find returns the ids of what is due, of that which a hint is about, in a goroutine of its own.
func (s *scene) find(what storage.Hint) (ids []string, err error) {
	if what == storage.HintRecords {
		got, err := s.Store.Claim(s.ctx, storage.Claim{Names: []string{s.Kind}, Owner: owner, Limit: 100, TTL: ttl})
		return idsOf(got), err
	}
	got, err := s.Store.Take(s.ctx, storage.Claim{Names: []string{performed}, Owner: owner, Limit: 100, TTL: ttl})
	for _, e := range got {
		ids = append(ids, e.ID)
	}
	return ids, err
}

// hintTries is how often a hint is waited for, each time for longer: one that was lost costs little time, and a machine that is
// slow has some.
const hintTries = 6

func patienceOf(try int) time.Duration { return 50 * time.Millisecond << (2 * try) }

// hinted demands a hint about it on which what a call makes due is found: one that comes after the commit. Hints
// may be lost, as one is that comes before anybody listens, so it is tried a few times, each time with
// an id of its own. Prepare does all but the call.
func hinted(what storage.Hint, prepare func(s *scene, id string) (call func())) func(*scene) {
	return notifying(func(s *scene, n storage.Notifier) {
		given := s.listen(n, what)
		for i := range hintTries {
			id := fmt.Sprint("r", i)
			call := prepare(s, id)
			forget(given)
			type answer struct {
				found bool
				err   error
			}
			watched := make(chan answer)
			go func() {
				found, err := s.watch(given, what, id, patienceOf(i))
				watched <- answer{found, err}
			}()
			call()
			got := <-watched
			s.is("looking for what is due", got.err, nil)
			if got.found {
				return
			}
		}
		s.Fatalf("%d times there was no hint on which what is due was found; a hint comes after the commit", hintTries)
	})
}

// listen returns a channel that has a value when hints were given that are about it. It waits for the first one, which is given when
// listening begins, and takes it.
func (s *scene) listen(n storage.Notifier, what storage.Hint) <-chan struct{} {
	s.Helper()
	ctx, stop := context.WithCancel(s.ctx)
	given, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		_ = n.Listen(ctx, func(due storage.Hint) {
			if due&what == 0 {
				return
			}
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
func (s *scene) watch(given <-chan struct{}, what storage.Hint, id string, patience time.Duration) (bool, error) {
	for {
		select {
		case <-given:
			ids, err := s.find(what)
			if err != nil || slices.Contains(ids, id) {
				return err == nil, err
			}
		case <-time.After(patience):
			return false, nil
		}
	}
}

func allAreHinted(s *scene, n storage.Notifier) {
	all := []<-chan struct{}{s.listen(n, storage.HintRecords), s.listen(n, storage.HintRecords), s.listen(n, storage.HintRecords)}
	heard := map[int]bool{}
	for i := range hintTries {
		id := fmt.Sprint("r", i)
		s.create(id, s.dueIn(0))
		for j, given := range all {
			select {
			case <-given:
				heard[j] = true
			case <-time.After(patienceOf(i)):
			}
		}
	}
	s.same("how many of those who listen were given a hint", len(heard), len(all))
}

// listeningBegins demands a hint although nothing is written any more.
func listeningBegins(s *scene, n storage.Notifier) {
	s.create("a", s.dueIn(0))
	ctx, stop := context.WithCancel(s.ctx)
	given, ended := make(chan storage.Hint, 1), make(chan struct{})
	go func() {
		defer close(ended)
		var first sync.Once
		_ = n.Listen(ctx, func(due storage.Hint) { first.Do(func() { given <- due }) })
	}()
	var heard storage.Hint
	select {
	case heard = <-given:
	case <-time.After(s.patience):
	}
	stop()
	<-ended
	s.same("what who begins to listen is given a hint of, because of what became due before", heard, storage.HintBoth)
}

func listeningEnds(s *scene, n storage.Notifier) {
	over := errors.New("over")
	ctx, stop := context.WithCancelCause(s.ctx)
	ended, hints := make(chan error), atomic.Int32{}
	go func() { ended <- n.Listen(ctx, func(storage.Hint) { hints.Add(1) }) }()
	stop(over)
	s.is("listening, when its context ends", <-ended, over)
	s.is("listening under a context that has ended", n.Listen(ctx, func(storage.Hint) { hints.Add(1) }), over)
	before := hints.Load()
	s.create("a", s.dueIn(0))
	s.same("hints to one who has ended", hints.Load(), before)
}
