package chaos

import (
	"slices"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A testimony is what all processes have said. One that is killed takes its last words with it, so
// what is not in it may have happened all the same. It is safe for concurrent use.
type testimony struct {
	mu     sync.Mutex
	said   []said
	hands  map[string]map[storage.Key]hand // by process: what it has claimed and not written yet
	newest map[storage.Key]storage.Token
}

// A hand is a lease in the hand of a process.
type hand struct {
	token storage.Token
	sent  bool // a change is on its way to the store
}

func newTestimony() *testimony {
	return &testimony{hands: map[string]map[storage.Key]hand{}, newest: map[storage.Key]storage.Token{}}
}

type said struct {
	statement

	Process string
	At      time.Time
}

// hear returns what takes the statements of a process.
func (t *testimony) hear(process string) func([]statement) {
	return func(statements []statement) {
		at := time.Now()
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, s := range statements {
			t.said = append(t.said, said{s, process, at})
			t.note(process, &s)
		}
	}
}

// note keeps what processes have in hand.
func (t *testimony) note(process string, s *statement) {
	hands := t.hands[process]
	if hands == nil {
		hands = map[storage.Key]hand{}
		t.hands[process] = hands
	}
	switch has := hands[s.Key].token == s.Token; {
	case s.Did == claimed:
		hands[s.Key] = hand{token: s.Token}
		t.newest[s.Key] = max(t.newest[s.Key], s.Token)
	case s.Did == sent && has:
		hands[s.Key] = hand{s.Token, true}
	case has:
		delete(hands, s.Key)
	}
}

// writing reports whether a change of a process is on its way to the store.
func (t *testimony) writing(process string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, h := range t.hands[process] {
		if h.sent {
			return true
		}
	}
	return false
}

// overtaken reports whether another has a newer lease on something that a process has in hand.
func (t *testimony) overtaken(process string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, h := range t.hands[process] {
		if t.newest[key] > h.token {
			return true
		}
	}
	return false
}

// all returns a copy of what was said.
func (t *testimony) all() []said {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.said)
}
