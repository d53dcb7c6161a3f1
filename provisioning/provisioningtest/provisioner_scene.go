package provisioningtest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
)

// A scene is a provisioner under test.
type scene struct {
	rapid.TB
	Subject

	harness Harness
	things  *atomic.Int64 // how many there are
	forked  bool          // it is that of a goroutine of a law
}

func (s *scene) failf(format string, args ...any) {
	s.Helper()
	text := "provisioningtest: " + fmt.Sprintf(format, args...)
	if s.forked {
		s.Errorf("%s", text)
		runtime.Goexit()
	}
	s.Fatalf("%s", text)
}

// atOnce does something several times at once, each time in a scene of its own.
func (s *scene) atOnce(n int, do func(s *scene)) {
	s.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			forked := *s
			forked.forked = true
			do(&forked)
		})
	}
	group.Wait()
	if s.Failed() {
		s.FailNow()
	}
}

// wait lets time pass before a call is made again: as much as d where that costs nothing, else a little.
func (s *scene) wait(d time.Duration) {
	if !s.harness.Virtual {
		d = min(d, 20*time.Millisecond)
	}
	<-time.After(d)
}

// later lets so much time pass that what still goes on outside comes to light.
func (s *scene) later() {
	d := 250 * time.Millisecond
	if s.harness.Virtual {
		d = time.Hour
	}
	<-time.After(d)
}

// moments are when a call is canceled: at once, and then later and later.
func (s *scene) moments(yield func(time.Duration) bool) {
	first, last := time.Millisecond, 256*time.Millisecond
	if s.harness.Virtual {
		first, last = time.Second, 4*time.Minute
	}
	for d := time.Duration(0); d <= last && yield(d); d = max(first, 2*d) {
	}
}

// fences grow over all tests, whose outside may be one.
var fences atomic.Uint64

// arguments returns the next call about a thing.
func (s *scene) arguments(t *thing) provisioning.Call {
	c := t.call
	c.Attempt = max(1, c.Attempt)
	c.Fence = storage.Token(fences.Add(1))
	if s.harness.Call != nil {
		s.harness.Call(t.number, &c)
	}
	return c
}

// count demands that a thing is there so many times.
func (s *scene) count(when string, t *thing, least, most int) {
	s.Helper()
	if s.Count == nil {
		return
	}
	n, err := s.Count(context.Background(), t.call.Key)
	right := fmt.Sprint(least)
	if most > least {
		right = fmt.Sprintf("%d to %d", least, most)
	}
	switch {
	case err != nil:
		s.failf("%s, %v cannot be counted: %v", when, t, err)
	case n < least || n > most:
		s.failf("%s, %v is there %d times; %s is right", when, t, n, right)
	}
}

// present demands that a thing is there, and once.
func (s *scene) present(when string, t *thing) {
	s.Helper()
	s.found(when, t, provisioning.Done)
	s.count(when, t, 1, 1)
}

// absent demands that a thing is not there.
func (s *scene) absent(when string, t *thing) {
	s.Helper()
	s.found(when, t, provisioning.Missing)
	s.count(when, t, 0, 0)
}

// found demands that a Finder says this of a thing.
func (s *scene) found(when string, t *thing, want provisioning.AnswerState) {
	s.Helper()
	if !s.has(find) {
		return
	}
	a := s.repeat(t, find)
	if a.State != want {
		s.failf("%s, Find says of %v that it is %v; %v is right", when, t, a.State, want)
	}
	if want == provisioning.Done {
		s.tells(t, find, &a)
	}
}
