package postgres_test

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// A life is all that can happen to n records, each time to all of them in one call. After each call step
// is told what it was.
type life struct {
	hand
	name string // their ids begin with it
	n    int
	step func(what string)
}

func (l life) id(i int) string { return fmt.Sprintf("%s-%05d", l.name, i) }

// apply makes a change to each record.
func (l life) apply(what string, change func(i int) storage.Change) {
	l.Helper()
	changes := make([]storage.Change, l.n)
	for i := range changes {
		changes[i] = change(i)
	}
	l.hand.apply(changes...)
	l.step(what)
}

// all demands that something was done to each record.
func (l life) all(what string, n int) {
	l.Helper()
	if n != l.n {
		l.Fatalf("%s: %d of %d", what, n, l.n)
	}
	l.step(what)
}

func (l life) create() {
	l.Helper()
	l.apply("create", func(i int) storage.Change {
		return storage.Change{
			Key: aNode(l.id(i)), Record: storage.Record{State: "on", Due: longAgo}, Lines: []storage.Line{{To: "on", Cause: "test"}},
			Elements: []storage.Element{{Name: "x", State: "up", Due: longAgo}, {Name: "y", State: "up"}},
			Emit:     []storage.Effect{aWish(l.id(i)+"/1", "lane"), aWish(l.id(i)+"/2", "lane")},
		}
	})
}

func (l life) listen() {
	l.Helper()
	messages := make([]storage.Message, l.n)
	for i := range messages {
		messages[i] = storage.Message{ID: "m", To: aNode(l.id(i)), Name: "news", Slot: "s", Element: "y"}
	}
	l.deliver(messages...)
	l.step("deliver")
}

// turn claims all records and gives them a turn.
func (l life) turn(i int) {
	l.Helper()
	claimed := l.claim(l.n)
	l.all(fmt.Sprintf("claim for turn %d", i), len(claimed))
	l.apply(fmt.Sprintf("turn %d", i), func(i int) storage.Change {
		s := claimed[i]
		c := storage.Change{
			Key: s.Key, Version: s.Version, Token: s.Lease.Token, Record: storage.Record{State: "on", Due: longAgo},
			Lines: []storage.Line{{From: "on", To: "on", Cause: "test"}},
			Emit:  []storage.Effect{aWish(fmt.Sprintf("%s/turn %d", s.Key.ID, s.Version), "")},
		}
		for _, m := range s.Messages {
			c.Consume = append(c.Consume, storage.Consumption{Seq: m.Seq, As: storage.MessageConsumed})
		}
		return c
	})
}

// richTurn is a turn in which everything happens that can.
func (l life) richTurn() {
	l.Helper()
	claimed := l.claim(l.n)
	l.all("claim", len(claimed))
	leases := make([]storage.Lease, l.n)
	for i := range claimed {
		leases[i] = claimed[i].Lease
	}
	l.right(l.Extend(context.Background(), leases))
	l.step("extend")
	l.apply("rich turn", func(i int) storage.Change {
		s := claimed[i]
		return storage.Change{
			Key: s.Key, Version: s.Version, Token: s.Lease.Token, Record: storage.Record{State: "on", Due: longAgo},
			Lines:    []storage.Line{{To: "on"}, {Element: "x", To: "down"}},
			Elements: []storage.Element{{Name: "x", State: "down"}}, Gone: []string{"y"},
			Consume: []storage.Consumption{{Seq: s.Messages[0].Seq, As: storage.MessageConsumed}},
			Send:    []storage.Message{{ID: "from " + s.Key.ID, To: storage.Key{Kind: "pool", ID: "p"}, Name: "ask"}},
			Spawn:   []storage.Spawn{{Record: storage.Record{Key: storage.Key{Kind: "disk", ID: s.Key.ID}, State: "new"}, Lines: []storage.Line{{To: "new"}}}},
		}
	})
	claimed = l.claim(l.n)
	l.all("claim again", len(claimed))
	for i := range claimed {
		leases[i] = claimed[i].Lease
	}
	l.right(nil, l.Release(context.Background(), leases, 0))
	l.step("release")
}

// perform takes what is due and settles it.
func (l life) perform() {
	l.Helper()
	taken := l.take(l.n)
	l.all("take", len(taken))
	settlements := make([]storage.Settlement, l.n)
	for i, e := range taken {
		settlements[i] = storage.Settlement{Lease: e.Lease, As: storage.EffectDone, Outcome: &storage.Message{ID: "outcome of " + e.ID, Name: "done"}}
	}
	l.settle(settlements...)
	l.step("settle")
}

// end brings all to their end.
func (l life) end() {
	l.Helper()
	keys := make([]storage.Key, l.n)
	for i := range keys {
		keys[i] = aNode(l.id(i))
	}
	found, err := l.Load(context.Background(), keys)
	l.right(nil, err)
	l.step("load")
	l.apply("cancel and finish", func(i int) storage.Change {
		return storage.Change{
			Key: keys[i], Version: found[i].Version, Record: storage.Record{State: "off", Final: true},
			Lines: []storage.Line{{To: "off"}}, Cancel: []storage.Cancel{{}},
		}
	})
}
