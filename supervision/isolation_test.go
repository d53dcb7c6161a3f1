package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// Whatever is wrong with a record, it alone waits, and is quarantined in the end with the reason. The
// others of its batch are decided in the same turn of the world.
func TestOneBadRecordAmongGoodOnes(t *testing.T) {
	t.Parallel()
	const good = 20
	stored := func(r storage.Record) func(y *yard) {
		return func(y *yard) {
			r.Key, r.Due = y.kilns.Key("bad"), time.Now()
			answers, err := y.memory.Apply(y.Context(), []storage.Change{{Key: r.Key, Record: r}})
			y.ok(errors.Join(append(answers, err)...))
		}
	}
	created := func(y *yard) { y.create("bad", supervision.At(heating)) }
	bad := func(do func(t *kilnTurn) error) supervision.Decider[kiln, kilnState, kilnEvent] {
		return func(t *kilnTurn) error {
			t.Data.N++
			if t.Key.ID == "bad" {
				return do(t)
			}
			return nil
		}
	}
	cases := []struct {
		name   string
		decide func(t *kilnTurn) error
		make   func(y *yard)
		kind   *kilnO
		reason string
		log    string
	}{
		{name: "an error", decide: func(*kilnTurn) error { return errNotNow }, reason: "not now"},
		{name: "a panic", decide: func(*kilnTurn) error { panic("a broken tile") }, reason: "panic: a broken tile", log: "isolation_test.go"},
		{name: "a panic with an error", decide: func(*kilnTurn) error { panic(errNotNow) }, reason: "panic: not now"},
		{name: "a nil map", decide: func(*kilnTurn) error { return crumble(nil) }, reason: "panic: assignment to entry in nil map"},
		{name: "a text that no store takes", decide: func(*kilnTurn) error { return errors.New("a\x00b\xff" + strings.Repeat("x", storage.MaxText)) }, reason: "a�b�xxx"},
		{name: "an event that is not permitted", decide: func(t *kilnTurn) error { return t.Fire(light) }, reason: `event "light" is not permitted in state "heating"`},
		{name: "data set to nil", decide: func(t *kilnTurn) error { t.Data = nil; return nil }, reason: "data was set to nil"},
		{name: "data that is too large", decide: func(t *kilnTurn) error {
			t.Data.Log = []string{strings.Repeat("x", 1<<20)}
			return nil
		}, reason: "too large"},
		{name: "an effect that nobody performs", decide: func(t *kilnTurn) error { fuel.Emit(t, 1); return nil }, reason: `emits effect "fuel", and nobody performs it`},
		{name: "what is not stored", decide: func(t *kilnTurn) error { t.Step = "\xff"; return nil }, reason: "invalid"},
		{name: "data that cannot be read", make: stored(storage.Record{State: "heating", Data: []byte("{")}), reason: "unreadable data of version 0"},
		{name: "a panic in Reads", kind: &kilnO{Reads: func(_ kilnState, k *kiln) []storage.Key {
			if k.N == -1 {
				panic("no idea")
			}
			return nil
		}}, make: stored(storage.Record{State: "heating", Data: []byte(`{"N":-1}`)}), reason: "panic: no idea"},
		{name: "a panic in Timeout", kind: &kilnO{Timeout: func(_ kilnState, k *kiln) time.Duration {
			if k.N == -1 {
				panic("no time")
			}
			return 0
		}}, decide: func(t *kilnTurn) error { t.Data.N = -1; return t.Fire(hot) }, reason: "panic: no time"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.decide == nil {
				c.decide = func(*kilnTurn) error { return nil }
			}
			if c.make == nil {
				c.make = created
			}
			p := plan{decide: bad(c.decide), kind: c.kind, options: supervision.Options{Failures: 4, Backoff: exactly(time.Second)}}
			inYard(t, p, func(y *yard) {
				for i := range good {
					y.create(fmt.Sprint(i), supervision.At(heating))
					if i == good/2 {
						c.make(y)
					}
				}
				y.run()
				y.pass(instant)
				for i := range good {
					if r := y.get(fmt.Sprint(i)); r.Data.N != 1 || r.Failures != 0 {
						y.Errorf("a good one is %+v", r)
					}
				}
				bad := y.record("bad")
				if bad.Status != storage.OK || bad.Failures != 1 || !strings.Contains(bad.Reason, c.reason) || bad.Version != 2 {
					y.Errorf("the bad one is %+v", bad)
				}
				y.pass(time.Minute)
				bad = y.record("bad")
				if bad.Status != storage.Quarantined || bad.Failures != 4 || !strings.Contains(bad.Reason, c.reason) || !bad.Due.IsZero() {
					y.Errorf("in the end the bad one is %+v", bad)
				}
				if n := len(y.turns.of("bad")); n != 4 {
					y.Errorf("%d turns of the bad one, want 4", n)
				}
				if events := y.turns.of("bad"); len(events) == 4 && (!events[3].Quarantined || events[2].Quarantined || events[3].Err == nil) {
					y.Errorf("the observer was told %+v", events)
				}
				if y.log.lines("level=ERROR") != 1 || y.log.lines("level=WARN") != 3 || !strings.Contains(y.log.String(), c.log) {
					y.Errorf("the log says\n%s", y.log)
				}
			})
		})
	}
}

func crumble(tiles map[string]int) error {
	tiles["x"]++
	return nil
}

// record is what the store has of a record.
func (y *yard) record(id string) storage.Record {
	y.Helper()
	seen, err := y.memory.Load(y.Context(), []storage.Key{y.kilns.Key(id)})
	y.ok(err)
	return seen[0].Record
}

// A record whose turn failed waits, whatever is said to it. An order gives it a turn.
func TestAFailedRecordWaitsAlthoughItIsSpokenTo(t *testing.T) {
	t.Parallel()
	turns := 0
	inYard(t, plan{decide: func(*kilnTurn) error { turns++; return errNotNow }, options: supervision.Options{Backoff: exactly(time.Hour)}}, func(y *yard) {
		y.create("a", supervision.At(heating))
		y.run()
		for i := range 10 {
			y.pass(time.Minute)
			y.say("a", fmt.Sprint(i))
		}
		if turns != 1 {
			y.Errorf("%d turns in ten minutes, want 1", turns)
		}
		y.fire("a", hot)
		y.pass(time.Second)
		if turns != 2 {
			y.Errorf("%d turns after an order, want 2", turns)
		}
	})
}

// While the store is away nothing is done; when it is back, everything is, once. The log does not
// tell of every poll.
func TestAStoreThatIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	all := []string{"Load", "Claim", "Apply", "Release", "Extend", "Take", "Settle"}
	cases := map[string][]string{
		"wholly": all, "no claims": {"Claim"}, "no writes": {"Apply", "Settle"}, "read-only": {"Claim", "Apply", "Release", "Extend", "Take", "Settle"},
		"no loads": {"Load"}, "no giving back": {"Apply", "Release", "Extend"}, "no effects": {"Take"},
	}
	for name, fails := range cases {
		for _, loud := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, hints %v", name, loud), func(t *testing.T) {
				t.Parallel()
				var store *spy
				done := map[string]int{}
				p := plan{decide: func(t *kilnTurn) error {
					if err := burning(t); err != nil {
						return err
					}
					if t.State == heating {
						fuel.Emit(t, 1, supervision.Quiet(), supervision.StepKey())
						return t.Fire(hot)
					}
					return listening(t)
				}, prepare: func(y *yard) {
					supervision.Perform(y.sup, fuel, func(_ context.Context, c supervision.Call, _ int) (string, error) {
						done[c.Key]++
						return "", nil
					}, nil)
				}}
				p = spied(p, &store)
				if quiet := p.wrap; loud {
					p.wrap = func(s *memory.Store) storage.Store {
						quiet(s)
						return loudSpy{store, s}
					}
				}
				inYard(t, p, func(y *yard) {
					y.run()
					y.pass(10 * time.Second)
					store.interfere(func(method string) error {
						if slices.Contains(fails, method) {
							return errAway
						}
						return nil
					})
					before := store.count("Claim") + store.count("Apply")
					for i := range 5 {
						y.create(fmt.Sprint(i), supervision.At(heating))
						y.say(fmt.Sprint(i), "hello")
					}
					y.pass(5 * time.Minute)
					if n := store.count("Claim") + store.count("Apply") - before; n > 5*60*8 {
						y.Errorf("the store was asked %d times in five minutes", n)
					}
					if n := y.log.lines(""); n > 30 {
						y.Errorf("%d lines were logged; the last are\n%.2000s", n, y.log)
					}
					store.interfere(nil)
					y.pass(2 * supervision.DefaultLease)
					for i := range 5 {
						id := fmt.Sprint(i)
						y.wants(id, firing)
						if y.statuses(id) != "fuel:done" || y.messages(id, storage.MessageOpen) != "" || y.get(id).Failures != 0 {
							y.Errorf("%s has effects %s, and is %+v", id, y.statuses(id), y.get(id))
						}
					}
					if len(done) != 5 {
						y.Errorf("%d effects were performed, want 5", len(done))
					}
					if n := y.log.lines("again"); n > 20 {
						y.Errorf("the log says\n%s", y.log)
					}
				})
			})
		}
	}
}

// What is written while it is answered that it is not is found out, and not done again.
func TestAnAnswerThatIsLost(t *testing.T) {
	t.Parallel()
	var store *lossy
	inYard(t, plan{decide: func(t *kilnTurn) error {
		t.Data.N++
		if t.State == heating {
			fuel.Emit(t, 1)
			return t.Fire(hot)
		}
		return nil
	}, options: supervision.Options{Elsewhere: []string{"fuel"}}, wrap: func(s *memory.Store) storage.Store {
		store = &lossy{Store: s}
		return store
	}}, func(y *yard) {
		y.create("a", supervision.At(heating))
		y.run()
		y.pass(time.Minute)
		r := y.wants("a", firing)
		if r.Data.N != 1 || r.Failures != 0 || len(y.effects("a")) != 1 || store.lost != 1 {
			y.Errorf("it is %+v with effects %s", r, y.statuses("a"))
		}
	})
}

// A record that somebody else's transaction keeps locked is decided again after a poll, not after a lease, and
// has not failed.
func TestARecordThatIsLocked(t *testing.T) {
	t.Parallel()
	const lockedFor = 3 * time.Second
	inYard(t, plan{decide: func(t *kilnTurn) error {
		if t.State == heating {
			return t.Fire(hot)
		}
		return nil
	}, options: supervision.Options{Poll: time.Second, Lease: time.Hour}, wrap: func(s *memory.Store) storage.Store {
		return &locked{Store: s, until: time.Now().Add(lockedFor)}
	}}, func(y *yard) {
		y.create("a", supervision.At(heating))
		y.run()
		y.pass(lockedFor + 2*time.Second)
		if r := y.wants("a", firing); r.Failures != 0 {
			y.Errorf("it is %+v", r)
		}
	})
}

// What was done outside is not done again because the record was locked when that was to be said; nor does what else was done wait for it.
func TestAnEffectOfARecordThatIsLocked(t *testing.T) {
	t.Parallel()
	for how, work := range map[string]func(y *yard, d time.Duration){
		"run": func(y *yard, d time.Duration) { y.run(); y.pass(d) },
		"pass": func(y *yard, d time.Duration) {
			for until := time.Now().Add(d); time.Now().Before(until); y.pass(time.Second) {
				_, err := y.sup.Pass(y.Context())
				y.ok(err)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			const lease = 30 * time.Second
			s := &stove{burn: func(context.Context, supervision.Call, int) (string, error) { return "ash", nil }}
			p := s.fueled(plan{options: supervision.Options{Lease: lease}}, nil)
			p.wrap = func(s *memory.Store) storage.Store {
				return &locked{Store: s, until: time.Now().Add(lease / 5), of: "a"}
			}
			inYard(t, p, func(y *yard) {
				for _, id := range []string{"a", "b"} {
					y.create(id)
					y.emit(id, 1)
				}
				work(y, lease/3)
				y.heard("a", "ash")
				y.heard("b", "ash")
				if len(s.calls) != 2 {
					y.Errorf("two effects were performed %d times", len(s.calls))
				}
				if n := y.log.lines("locked"); n > 0 {
					y.Errorf("the log says\n%s", y.log)
				}
			})
		})
	}
}

// A locked store has all its records locked for a while, or that of one id only.
type locked struct {
	*memory.Store

	until time.Time
	of    string
}

// Settle settles what is of others, and refuses what is of the locked record.
func (s *locked) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	answers := make([]error, len(settlements))
	for i, one := range settlements {
		key := s.recordOf(ctx, one.Lease)
		if key.ID == s.of && time.Now().Before(s.until) {
			answers[i] = storage.Errorf(storage.ErrLocked, key, "another transaction keeps its row locked")
			continue
		}
		said, err := s.Store.Settle(ctx, []storage.Settlement{one})
		if err != nil {
			return nil, err
		}
		answers[i] = said[0]
	}
	return answers, nil
}

func (s *locked) recordOf(ctx context.Context, l storage.Lease) storage.Key {
	for e, err := range s.Effects(ctx, storage.EffectQuery{}) {
		if err == nil && e.ID == l.Key.ID {
			return e.From
		}
	}
	return storage.Key{}
}

func (s *locked) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	if !time.Now().Before(s.until) || changes[0].Version == 0 || s.of != "" {
		return s.Store.Apply(ctx, changes)
	}
	answers := make([]error, len(changes))
	for i := range changes {
		answers[i] = storage.Errorf(storage.ErrLocked, changes[i].Key, "another transaction keeps its row locked")
	}
	return answers, nil
}

// A lossy store loses its first answer to a change.
type lossy struct {
	*memory.Store

	lost int
}

func (s *lossy) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	answers, err := s.Store.Apply(ctx, changes)
	if s.lost == 0 {
		s.lost++
		return nil, errAway
	}
	return answers, err
}

// unread is a store whose elements cannot be read for a while.
type unread struct {
	storage.Store
	until time.Time
}

func (u *unread) Elements(ctx context.Context, key storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	if time.Now().Before(u.until) {
		return func(yield func(storage.Element, error) bool) {
			yield(storage.Element{}, errors.New("the disk is away"))
		}
	}
	return u.Store.Elements(ctx, key, q)
}

func TestElementsThatCannotBeReadAreNotTheRecordsFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &unread{Store: memory.New(nil), until: time.Now().Add(10 * time.Minute)}
		shops, err := supervision.NewKind("shop", updown("shop"), store, &supervision.KindOptions[Shop, State, Event]{Elements: shopParts})
		must(t, err)
		s, err := supervision.New(&supervision.Options{Failures: 2})
		must(t, err)
		var seen atomic.Int32
		supervision.Supervise(s, shops, func(t *ShopTurn) error {
			n := int32(0)
			for range shopParts.All(t) {
				n++
			}
			if n == 0 {
				panic("a shop without parts")
			}
			seen.Store(n)
			return nil
		})
		stop := running(t, s)
		defer stop()
		ctx := t.Context()
		must(t, shops.Create(ctx, "a", Shop{}, supervision.SetUp(func(t supervision.Outbound) error {
			shopParts.Add(t, "web", 0, Part{})
			return nil
		})))
		must(t, shops.Deliver(ctx, "a", storage.Message{ID: "1", Name: "look"}))
		time.Sleep(5 * time.Minute)
		if r, err := shops.Get(ctx, "a"); err != nil || r.Failures != 0 || r.Status != storage.OK || seen.Load() != 0 {
			t.Errorf("while the store is away it is %+v, %v; %d parts were seen", r, err, seen.Load())
		}
		time.Sleep(6 * time.Minute)
		if seen.Load() != 1 {
			t.Errorf("afterwards %d parts were seen, want 1", seen.Load())
		}
	})
}
