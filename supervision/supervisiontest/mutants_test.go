package supervisiontest_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// Each mutant has one mistake, and each must be told by what it does wrong.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	const seeds = 200
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			seed, failure := supervisiontest.Search(t, m.estate.setup, &m.options, seeds)
			if failure == nil {
				t.Fatalf("%d seeds do not tell", seeds)
			}
			first, trace, _ := strings.Cut(failure.Error(), "\n")
			if !strings.Contains(first, m.told) {
				t.Fatalf("seed %d tells %q, want %q\n%s", seed, first, m.told, trace)
			}
			t.Logf("seed %d tells: %s", seed, first)
		})
	}
}

// The options that go with them find nothing wrong with the correct estate.
func TestOptionsOfMutantsFindNothingElse(t *testing.T) {
	t.Parallel()
	for _, m := range mutants() {
		if m.options.Store != nil || m.options.Without == 0 {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			e := *m.estate
			e.decide = decide
			if seed, failure := supervisiontest.Search(t, e.setup, &m.options, enough(50)); failure != nil {
				t.Fatalf("seed %d: %v", seed, failure)
			}
		})
	}
}

type mutant struct {
	name    string
	estate  *estate
	options supervisiontest.Options
	told    string
}

func mutants() []mutant {
	const only = supervisiontest.AllFaults
	return []mutant{
		{
			name: "a hidden clock", told: supervision.ErrImpure.Error(),
			estate: &estate{decide: func(t *turn) error {
				err := decide(t)
				if t.Data.Why == tooLong {
					t.Data.Why = fmt.Sprint(tooLong, ", at ", time.Now())
				}
				return err
			}},
		},
		{
			name: "the order of a map", told: supervision.ErrImpure.Error(),
			estate: &estate{decide: func(t *turn) error {
				t.Data.Why = ""
				for part := range maps.Keys(map[string]int{"disk": 1, "memory": 2, "fan": 3, "board": 4}) {
					t.Data.Why += part
				}
				return decide(t)
			}},
		},
		{
			name: "a hidden count", told: supervision.ErrImpure.Error(),
			estate: &estate{decide: counting()},
		},
		{
			// The node may call back before the answer is there that it was powered on.
			name: "an ack that comes early is lost", told: "took too long, and nothing was slow",
			options: supervisiontest.Options{Without: only &^ supervisiontest.Delays},
			estate: &estate{inTime: true, decide: func(t *turn) error {
				if t.State != starting {
					return decide(t)
				}
				var heard []supervision.Message
				for _, m := range t.Messages {
					if _, ok := ramdisk.Body(m); !ok {
						heard = append(heard, m)
					}
				}
				t.Messages = heard
				return decide(t)
			}},
		},
		{
			name: "a limit that is taken away", told: "is at rest",
			estate: &estate{decide: func(t *turn) error {
				err := decide(t)
				if t.State == booting {
					t.Touch(0)
				}
				return err
			}},
		},
		{
			name: "a limit that is put off again and again", told: "is at rest",
			estate: &estate{decide: func(t *turn) error {
				if t.State == booting && t.Expired != supervision.NotExpired {
					t.Begin(time.Hour)
					t.Touch(time.Hour)
					return nil
				}
				return decide(t)
			}},
		},
		{
			name: "an effect that is emitted in every turn", told: "powered on twice",
			estate: &estate{decide: func(t *turn) error {
				if t.State == starting {
					powerOn.Emit(t, t.Key.ID)
				}
				return decide(t)
			}},
		},
		{
			name: "a message that is not expected", told: "failed",
			estate: &estate{decide: func(t *turn) error {
				for _, m := range t.Messages {
					if _, ok := ramdisk.Body(m); ok && t.State != booting {
						return t.Fire(booted)
					}
				}
				return decide(t)
			}},
		},
		{
			name: "one key for two things", told: "idempotency key",
			estate: &estate{decide: func(t *turn) error {
				if t.State == starting {
					powerOn.Emit(t, fmt.Sprint(t.Key.ID, t.Version), supervision.IdempotencyKey("the key"))
				}
				return nil
			}},
		},
		{
			name: "a store that forgets a message", estate: &estate{decide: decide}, told: "accepted",
			options: onStore(func(s *brokenStore) { s.deliver = func([]storage.Message) []storage.Message { return nil } }),
		},
		{
			name: "a store that forgets an outcome", estate: &estate{decide: decide}, told: "accepted",
			options: onStore(func(s *brokenStore) { s.settle = func(st *storage.Settlement) { st.Outcome = nil } }),
		},
		{
			name: "a store that forgets an effect", estate: &estate{decide: decide}, told: "does not hold it",
			options: onStore(func(s *brokenStore) { s.change = func(c *storage.Change) { c.Emit = nil } }),
		},
		{
			name: "a store that forgets the history", estate: &estate{decide: decide}, told: "its history ends in",
			options: onStore(func(s *brokenStore) { s.change = func(c *storage.Change) { c.Lines = nil } }),
		},
		{
			name: "a store that forgets leases", estate: &estate{decide: decide}, told: "while another has it",
			options: onStore(func(s *brokenStore) { s.forgetsLeases = true }),
		},
		{
			name: "a store that writes over what is newer", estate: &estate{decide: decide}, told: "changed from version",
			options: onStore(func(s *brokenStore) { s.overwrites = true }),
		},
	}
}

// counting counts its turns where nobody sees it.
func counting() func(t *turn) error {
	var mu sync.Mutex
	n := 0
	return func(t *turn) error {
		mu.Lock()
		defer mu.Unlock()
		n++
		t.Data.Boots = n
		return decide(t)
	}
}

// A brokenStore does one thing wrong, now and then.
type brokenStore struct {
	storage.Store
	deliver       func([]storage.Message) []storage.Message
	settle        func(*storage.Settlement)
	change        func(*storage.Change)
	forgetsLeases bool
	overwrites    bool
	calls         int
}

func onStore(how func(*brokenStore)) supervisiontest.Options {
	return supervisiontest.Options{Store: func() storage.Store {
		s := &brokenStore{Store: memory.New(nil)}
		how(s)
		return s
	}}
}

func (s *brokenStore) nowAndThen() bool { s.calls++; return s.calls%4 == 0 }

func (s *brokenStore) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	if s.deliver == nil || !s.nowAndThen() {
		return s.Store.Deliver(ctx, messages)
	}
	if _, err := s.Store.Deliver(ctx, s.deliver(messages)); err != nil {
		return nil, err
	}
	return make([]error, len(messages)), nil
}

func (s *brokenStore) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	broken := append([]storage.Settlement(nil), settlements...)
	if s.settle != nil && s.nowAndThen() {
		s.settle(&broken[0])
	}
	return s.Store.Settle(ctx, broken)
}

func (s *brokenStore) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	out, err := s.Store.Claim(ctx, c)
	if s.forgetsLeases && len(out) > 0 && s.nowAndThen() {
		err = s.Store.Release(ctx, []storage.Lease{out[0].Lease}, 0)
	}
	return out, err
}

func (s *brokenStore) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	broken := append([]storage.Change(nil), changes...)
	c := &broken[0]
	if s.change != nil && c.Version > 0 && s.nowAndThen() {
		s.change(c)
	}
	if s.overwrites && c.Version > 0 {
		seen, err := s.Load(ctx, []storage.Key{c.Key})
		if err != nil {
			return nil, err
		}
		c.Version = seen[0].Version
	}
	return s.Store.Apply(ctx, broken)
}
