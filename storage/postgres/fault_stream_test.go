package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A stream is goroutines that work on a store at the same time, while a test disturbs it. They note what they
// were answered; at the end that has to be the truth.
type stream struct {
	hand
	rig     *rig
	mayFail func(err error, down bool) bool // reports whether a call may fail so, now or while the server is down
	ups     atomic.Int64                    // how often the server came or went: odd while it is down
	over    atomic.Bool
	running sync.WaitGroup
	made    atomic.Int64 // calls that succeeded

	mu      sync.Mutex
	answers map[string]answer // by what was said: the causes of changes, the ids of messages and effects
}

// An answer is what a caller knows of what it has said.
type answer int

const (
	refused answer = iota // it is not there
	accepted
	unknown
)

const streamRecords = 4

// newStream returns a stream on a rig, whose records are there.
func newStream(t testing.TB, r *rig, mayFail func(error, bool) bool) *stream {
	t.Helper()
	s := &stream{hand: hand{t, r.store}, rig: r, mayFail: mayFail, answers: map[string]answer{}}
	t.Cleanup(s.end)
	for i := range streamRecords {
		s.apply(storage.Change{Key: s.key(i), Record: storage.Record{State: "on", Due: longAgo}, Lines: []storage.Line{{Cause: fmt.Sprint("creation ", i)}}})
	}
	return s
}

func (s *stream) key(i int) storage.Key { return aNode(fmt.Sprint("n", i%streamRecords)) }

// run lets goroutines work while disturb does, and then looks at what they have left.
func (s *stream) run(disturb func()) {
	for i := range 3 {
		s.work(func(n int) { s.order(fmt.Sprintf("order %d.%d", i, n), s.key(n)) })
	}
	s.work(func(n int) { s.say(fmt.Sprint("message ", n), s.key(n)) })
	s.work(func(n int) { s.turn(fmt.Sprint("turn ", n)) })
	s.work(func(n int) { s.perform(fmt.Sprint("outcome ", n)) })
	disturb()
	s.goOn(40)
	s.end()
	s.check()
}

func (s *stream) end() {
	s.over.Store(true)
	s.running.Wait()
}

// work does something again and again.
func (s *stream) work(do func(n int)) {
	s.running.Go(func() {
		for n := 0; !s.over.Load(); n++ {
			do(n)
		}
	})
}

// goOn waits until so many more calls were made.
func (s *stream) goOn(calls int64) {
	s.Helper()
	goal := s.made.Load() + calls
	eventually(s, "the store does not go on", func() bool { return s.made.Load() >= goal || s.Failed() })
}

// call makes a call that says things, and notes what it was answered.
func (s *stream) call(what string, said []string, do func(context.Context) ([]error, error)) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	before := s.ups.Load()
	answers, err := do(ctx)
	if err != nil && !s.mayFail(err, before%2 == 1 || s.ups.Load() != before) {
		s.Errorf("%s: %v", what, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ok := firstError(answers, err) == nil
	for _, text := range said {
		switch {
		case ok:
			s.answers[text] = accepted
		case errors.Is(err, storage.ErrUnknown):
			s.answers[text] = unknown
		default:
			s.answers[text] = refused
		}
	}
	if ok {
		s.made.Add(1)
	}
	return ok
}

// order changes a record as a host does, and wants something done.
func (s *stream) order(cause string, k storage.Key) {
	var seen []storage.Snapshot
	if !s.call("load", nil, func(ctx context.Context) (_ []error, err error) {
		seen, err = s.Load(ctx, []storage.Key{k})
		return nil, err
	}) {
		return
	}
	wish := aWish("wish of "+cause, "")
	s.call("order", []string{cause, wish.ID}, func(ctx context.Context) ([]error, error) {
		return s.Apply(ctx, []storage.Change{{
			Key: k, Version: seen[0].Version, Record: seen[0].Record, Emit: []storage.Effect{wish}, Lines: []storage.Line{{Cause: cause}},
		}})
	})
}

// say delivers a message.
func (s *stream) say(id string, k storage.Key) {
	s.call("deliver", []string{id}, func(ctx context.Context) ([]error, error) {
		return s.Deliver(ctx, []storage.Message{{ID: id, To: k, Name: "news"}})
	})
}

// turn claims a record and consumes its messages.
func (s *stream) turn(cause string) {
	var seen []storage.Snapshot
	if !s.call("claim", nil, func(ctx context.Context) (_ []error, err error) {
		seen, err = s.Claim(ctx, storage.Claim{Names: []string{"node"}, Owner: "stream", Limit: 1, TTL: 50 * time.Millisecond})
		return nil, err
	}) || len(seen) == 0 {
		return
	}
	c := storage.Change{
		Key: seen[0].Key, Version: seen[0].Version, Token: seen[0].Lease.Token, Record: seen[0].Record, Lines: []storage.Line{{Cause: cause}},
	}
	for _, m := range seen[0].Messages {
		c.Consume = append(c.Consume, storage.Consumption{Seq: m.Seq, As: storage.MessageConsumed})
	}
	s.call("turn", []string{cause}, func(ctx context.Context) ([]error, error) { return s.Apply(ctx, []storage.Change{c}) })
}

// perform takes an effect and settles it.
func (s *stream) perform(outcome string) {
	var taken []storage.Taken
	if !s.call("take", nil, func(ctx context.Context) (_ []error, err error) {
		taken, err = s.Take(ctx, storage.Claim{Names: []string{"do"}, Owner: "stream", Limit: 1, TTL: 50 * time.Millisecond})
		return nil, err
	}) || len(taken) == 0 {
		return
	}
	s.call("settle", []string{outcome}, func(ctx context.Context) ([]error, error) {
		return s.Settle(ctx, []storage.Settlement{{Lease: taken[0].Lease, As: storage.EffectDone, Outcome: &storage.Message{ID: outcome, Name: "done"}}})
	})
}

// check demands that what is there is what callers were answered, each once, and that no history has a gap.
func (s *stream) check() {
	there := map[string]int{}
	h := hand{s, s.rig.aside()}
	for i := range streamRecords {
		k := s.key(i)
		lines := h.lines(k)
		for n, l := range lines {
			there[l.Cause]++
			if l.Version != uint64(n+1) {
				s.Fatalf("line %d of %s has the version %d; each version has a line", n+1, k, l.Version)
			}
		}
		if v := h.version(k); v != uint64(len(lines)) {
			s.Errorf("%s has version %d and %d lines", k, v, len(lines))
		}
	}
	for _, m := range every(h, h.Messages(context.Background(), storage.MessageQuery{})) {
		there[m.ID]++
	}
	for _, e := range every(h, h.Effects(context.Background(), storage.EffectQuery{})) {
		there[e.ID]++
	}
	var wrong []string
	counts := map[answer]int{}
	for text, a := range s.answers {
		counts[a]++
		if n := there[text]; a == accepted && n != 1 || a == refused && n != 0 || n > 1 {
			wrong = append(wrong, fmt.Sprintf("%s is there %d times, but the answer was: %s", text, n, [...]string{"refused", "accepted", "unknown"}[a]))
		}
	}
	if slices.Sort(wrong); len(wrong) > 0 {
		s.Errorf("%d answers are not true:\n%s", len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
	}
	s.Logf("accepted %d, refused %d, unknown %d", counts[accepted], counts[refused], counts[unknown])
}
