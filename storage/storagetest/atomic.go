package storagetest

import (
	"context"
	"errors"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func atomicity() group {
	return group{"1 a change is atomic", []testCase{
		{name: "all of it is there", run: allOfIt},
		{name: "a refused change leaves nothing", run: nothingOfIt},
		{name: "a failing change takes no other with it", run: oneFails},
		{name: "each change has its own answer", run: ownAnswers},
		{name: "changes of a batch see those before them", run: seeEachOther},
		{name: "a batch changes a record once", run: onceABatch},
		{name: "a failed change does not stand in the way of the next", run: failedLeavesNoTrace},
		{name: "what a change cancels makes room for what it emits", run: cancelBeforeEmit},
		{name: "an element both given and gone is gone", run: goneWins},
		{name: "spawning leaves a record that exists as it is", run: spawnExisting},
		{name: "an ended context writes nothing", run: endedContext},
		{name: "nothing to do is no error", run: nothingToDo},
		{name: "a second handle sees it", run: secondHandle},
	}}
}

// big makes a change do something of everything. The scene must be that of bigScene.
func (s *scene) big(c *storage.Change) {
	c.Record.State = s.States[1]
	c.Elements = []storage.Element{{Name: "x", State: "moved"}, {Name: "z", State: "new"}}
	c.Gone = []string{"y"}
	s.consumes("m1", "a", storage.MessageConsumed)(c)
	cancels("old", "")(c)
	emits(effect("e2", ""))(c)
	c.Spawn = []storage.Spawn{{
		Record:   storage.Record{Key: s.key("c"), State: s.States[0], Data: s.Data(2)},
		Elements: []storage.Element{{Name: "x", State: "new"}},
		Lines:    []storage.Line{{To: s.States[0]}},
	}}
	sends(s.message("hello", "b"))(c)
	c.Lines = []storage.Line{{From: s.States[0], To: s.States[1]}, {Element: "x", To: "moved"}}
}

// bigScene creates the records a and b, with all that a big change touches.
func (s *scene) bigScene() {
	s.Helper()
	old := effect("e1", "")
	old.Operation = "old"
	s.create("a", emits(old), func(c *storage.Change) {
		c.Elements = []storage.Element{{Name: "x", State: "new"}, {Name: "y", State: "new"}}
	})
	s.create("b", emits(effect("of b", "")))
	s.delivered(s.message("m1", "a"), s.message("m2", "a"))
}

func allOfIt(s *scene) {
	s.bigScene()
	s.must(s.order("a", s.big))

	s.same("the record's state", s.load("a").State, s.States[1])
	s.same("the elements, given and gone", s.elementsOf("a", storage.ElementQuery{}),
		[]storage.Element{{Name: "x", State: "moved"}, {Name: "z", State: "new"}})
	s.statuses("the messages, of which one was consumed", "a", storage.MessageConsumed, storage.MessageOpen)
	s.same("the canceled effect", s.wanted("e1").Status, storage.EffectCanceled)
	s.same("the emitted effect", s.wanted("e2").Status, storage.EffectPending)
	s.statuses("the message sent to another record", "b", storage.MessageOpen)
	s.same("the spawned record's version", s.load("c").Version, uint64(1))
	s.same("the spawned record's elements", len(s.elementsOf("c", storage.ElementQuery{})), 1)
	s.same("the spawned record's history", len(s.history("c")), 1)

	now := s.now()
	s.same("the lines, numbered within the change", s.history("a"), []storage.Line{
		{Version: 2, N: 0, At: now, From: s.States[0], To: s.States[1]},
		{Version: 2, N: 1, At: now, Element: "x", To: "moved"},
	})
}

func nothingOfIt(s *scene) {
	s.bigScene()
	// The last effect is another record's, which is found out late.
	s.refused(s.order("a", s.big, emits(effect("of b", ""))), storage.ErrExists)
}

func oneFails(s *scene) {
	s.create("a")
	s.create("b")
	absent := turn(storage.Snapshot{Record: storage.Record{Key: s.key("absent"), State: s.States[0], Version: 1}})
	answers := s.apply(s.order("a", s.inState(1)), absent, s.order("b", s.inState(1)))
	s.is("a change before one that fails", answers[0], nil)
	s.is("a change to a record that does not exist", answers[1], storage.ErrNotFound)
	s.is("a change after one that fails", answers[2], nil)
	s.same("the record before", s.load("a").State, s.States[1])
	s.same("the record after", s.load("b").State, s.States[1])
}

func ownAnswers(s *scene) {
	s.create("a")
	s.create("b")
	broken := s.order("b", func(c *storage.Change) { c.Record.State = "" })
	answers := s.apply(s.creation("a"), broken, s.creation("c"), s.order("a"))
	for i, want := range []error{storage.ErrExists, storage.ErrInvalid, nil, nil} {
		s.is("the answer to a change stands where the change stood", answers[i], want)
	}
}

func seeEachOther(s *scene) {
	s.create("a")
	s.create("b")
	s.create("sink")
	spawn := func(c *storage.Change) {
		c.Spawn = []storage.Spawn{{Record: storage.Record{Key: s.key("c"), State: s.States[0], Data: s.Data(0)}}}
	}
	answers := s.apply(
		s.order("a", spawn, sends(s.slotted("one", "sink", "slot"), s.message("same", "sink"), s.message("at once", "c"))),
		s.order("b", sends(s.slotted("two", "sink", "slot"), s.message("same", "sink"), s.message("hello", "c"))),
		s.creation("c"))
	s.is("a change that spawns", answers[0], nil)
	s.is("a change that sends to what another spawned", answers[1], nil)
	s.is("a change that creates what another spawned", answers[2], storage.ErrExists)
	s.statuses("messages to a record that the change, or one before it, spawned", "c", storage.MessageOpen, storage.MessageOpen)
	s.statuses("two messages to one slot and two of one id, sent by one batch", "sink",
		storage.MessageReplaced, storage.MessageOpen, storage.MessageOpen)
}

func onceABatch(s *scene) {
	s.create("a")
	first, second := s.order("a", s.inState(1)), s.order("a", s.inState(2))
	second.Version++
	answers := s.apply(first, second)
	s.is("the first change of a record in a batch", answers[0], nil)
	s.is("the second change of a record in a batch", answers[1], storage.ErrConflict)
	s.same("the record is as the first change left it", s.load("a").State, s.States[1])
}

func failedLeavesNoTrace(s *scene) {
	s.create("a")
	stale := s.order("a", s.inState(1))
	stale.Version = 7
	answers := s.apply(stale, s.order("a", s.inState(2)))
	s.is("a change at another version", answers[0], storage.ErrConflict)
	s.is("a change that is right, after one of the same record that failed", answers[1], nil)
}

func cancelBeforeEmit(s *scene) {
	s.create("a", emits(effect("old", "")))
	s.must(s.order("a", cancels("", ""), emits(effect("new", ""), effect("old", ""))))
	s.same("an effect that the change emits after it canceled all", s.wanted("new").Status, storage.EffectPending)
	s.same("a canceled effect whose id is emitted again", s.wanted("old").Status, storage.EffectCanceled)
}

func goneWins(s *scene) {
	s.create("a")
	s.must(s.order("a", func(c *storage.Change) {
		c.Elements = []storage.Element{{Name: "x", State: "new"}}
		c.Gone = []string{"x", "never was"}
	}))
	s.same("the elements", len(s.elementsOf("a", storage.ElementQuery{})), 0)
	s.same("the tally", len(s.load("a").Tally), 0)
}

func spawnExisting(s *scene) {
	s.create("a")
	before := s.create("b")
	s.must(s.order("a", func(c *storage.Change) {
		c.Spawn = []storage.Spawn{{
			Record:   storage.Record{Key: s.key("b"), State: s.States[2], Data: s.Data(3)},
			Elements: []storage.Element{{Name: "x", State: "new"}},
			Lines:    []storage.Line{{To: s.States[2]}},
		}}
	}))
	s.same("a record that was to be spawned but exists", s.load("b"), before)
	s.same("its elements", len(s.elementsOf("b", storage.ElementQuery{})), 0)
	s.same("its history", len(s.history("b")), 0)
}

func endedContext(s *scene) {
	s.create("a", s.dueIn(0), emits(effect("e", "")))
	held := s.takenNow("an effect", "e")[0]
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	names := func(n string) storage.Claim {
		return storage.Claim{Names: []string{n}, Owner: owner, Limit: 1, TTL: ttl}
	}
	fails := func(method string, err error) {
		if !errors.Is(err, context.Canceled) {
			s.Errorf("%s under an ended context: the answer is %v, it must be %v", method, err, context.Canceled)
		}
	}
	s.unchanged("a call under an ended context", func() {
		_, err := s.Store.Apply(ctx, []storage.Change{s.order("a", s.inState(1))})
		fails("apply", err)
		_, err = s.Store.Deliver(ctx, []storage.Message{s.message("m", "a")})
		fails("deliver", err)
		_, err = s.Store.Claim(ctx, names(s.Kind))
		fails("claim", err)
		_, err = s.Store.Take(ctx, names(performed))
		fails("take", err)
		_, err = s.Store.Extend(ctx, []storage.Lease{held.Lease})
		fails("extend", err)
		fails("release", s.Store.Release(ctx, []storage.Lease{held.Lease}, 0))
		_, err = s.Store.Settle(ctx, []storage.Settlement{settlement(held, storage.EffectDone)})
		fails("settle", err)
		_, err = s.Store.RedriveMessages(ctx, []uint64{1})
		fails("redrive of messages", err)
		_, err = s.Store.RedriveEffects(ctx, []string{"e"}, 0)
		fails("redrive of effects", err)
		_, err = s.Store.Prune(ctx, storage.Retention{Lines: 1}, 1)
		fails("prune", err)
		_, err = s.Store.Load(ctx, []storage.Key{s.key("a")})
		fails("load", err)
		for _, err = range s.Store.List(ctx, storage.Query{Kind: s.Kind}) {
			break
		}
		fails("list", err)
	})
	s.claimed("a record that a claim under an ended context passed over", "a")
}

func nothingToDo(s *scene) {
	s.apply()
	s.deliver()
	s.settle()
	s.extend()
	s.release(time.Minute)
	got, err := s.Store.Load(s.ctx, nil)
	s.is("a load of nothing", err, nil)
	s.same("what a load of nothing returns", len(got), 0)
	for _, redrive := range []func() ([]error, error){
		func() ([]error, error) { return s.Store.RedriveMessages(s.ctx, nil) },
		func() ([]error, error) { return s.Store.RedriveEffects(s.ctx, nil, 0) },
	} {
		answers, err := redrive()
		s.is("a redrive of nothing", err, nil)
		s.same("the answers to a redrive of nothing", len(answers), 0)
	}
}

func secondHandle(s *scene) {
	if s.Open == nil {
		s.Skip("the backend has one handle only: Backend.Open is nil")
	}
	second := s.Open(s)
	before := s.create("a", s.dueIn(0))
	got, err := second.Load(s.ctx, []storage.Key{before.Key})
	s.is("load by a second handle", err, nil)
	s.same("what the second handle sees", got[0], before)
	claimed, err := second.Claim(s.ctx, storage.Claim{Names: []string{s.Kind}, Owner: owner, Limit: 1, TTL: ttl})
	s.is("claim by a second handle", err, nil)
	s.same("what the second handle claims", idsOf(claimed), []string{"a"})
	s.claimed("a record that the second handle claimed")
	s.is("what the first handle writes under the second's lease", s.apply(turn(claimed[0], s.inState(1)))[0], nil)
	got, err = second.Load(s.ctx, []storage.Key{before.Key})
	s.is("load by a second handle", err, nil)
	s.same("what the second handle sees", got[0].State, s.States[1])
}
