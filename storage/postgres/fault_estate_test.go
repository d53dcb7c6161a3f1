package postgres_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A hand works on a store, and ends the test where something goes wrong.
type hand struct {
	testing.TB
	storage.Store
}

const leaseTime = 24 * time.Hour

func (h hand) apply(changes ...storage.Change) {
	h.Helper()
	h.right(h.Apply(context.Background(), changes))
}

func (h hand) deliver(messages ...storage.Message) {
	h.Helper()
	h.right(h.Deliver(context.Background(), messages))
}

func (h hand) settle(settlements ...storage.Settlement) {
	h.Helper()
	h.right(h.Settle(context.Background(), settlements))
}

func (h hand) claim(limit int) []storage.Snapshot {
	h.Helper()
	claimed, err := h.Claim(context.Background(), storage.Claim{Names: []string{"node"}, Owner: "hand", Limit: limit, TTL: leaseTime})
	h.right(nil, err)
	return claimed
}

func (h hand) take(limit int) []storage.Taken {
	h.Helper()
	taken, err := h.Take(context.Background(), storage.Claim{Names: []string{"do"}, Owner: "hand", Limit: limit, TTL: leaseTime})
	h.right(nil, err)
	return taken
}

// version returns that of a record.
func (h hand) version(k storage.Key) uint64 {
	h.Helper()
	found, err := h.Load(context.Background(), []storage.Key{k})
	h.right(nil, err)
	return found[0].Version
}

// lines returns what the history of a record says.
func (h hand) lines(k storage.Key) []storage.Line {
	h.Helper()
	return every(h, h.History(context.Background(), k, 0))
}

// every returns what a sequence yields.
func every[T any](h hand, seq iter.Seq2[T, error]) (all []T) {
	h.Helper()
	for v, err := range seq {
		h.right(nil, err)
		all = append(all, v)
	}
	return all
}

// right demands that nothing went wrong.
func (h hand) right(answers []error, err error) {
	h.Helper()
	if err := firstError(answers, err); err != nil {
		h.Fatal(err)
	}
}

// firstError returns the first thing that went wrong.
func firstError(answers []error, err error) error {
	for _, answer := range answers {
		if err == nil {
			err = answer
		}
	}
	return err
}

// An estate is some records with all that records can have, so that each call has something to do.
type estate struct {
	lease    storage.Lease   // on node a
	running  []storage.Lease // on effects of node a
	open     []uint64        // messages to node a
	dead     uint64          // a message to node b
	deadWish string          // an effect of node b
}

// newEstate makes an estate; pass lets time pass.
func newEstate(h hand, pass func(time.Duration)) (e estate) {
	h.Helper()
	h.apply(
		storage.Change{
			Key: aNode("a"), Record: storage.Record{State: "busy", Data: []byte("data of a"), Due: longAgo},
			Elements: []storage.Element{{Name: "cpu", State: "wait", Group: 1}, {Name: "disk", State: "wait", Group: 1}, {Name: "net", State: "done", Group: 2}},
			Emit:     []storage.Effect{aWish("a1", "power"), aWish("a2", "power"), aWish("a3", ""), aWish("a4", "tidy")},
			Lines:    []storage.Line{{To: "busy", Cause: "order"}},
		},
		storage.Change{
			Key: aNode("b"), Record: storage.Record{State: "busy"}, Emit: []storage.Effect{aWish("b1", ""), aWish("b2", "")},
			Lines: []storage.Line{{To: "busy"}, {Element: "fan", To: "on"}},
		},
	)
	h.deliver(
		storage.Message{ID: "m1", To: aNode("a"), Name: "news", Slot: "facts", Element: "cpu", Body: []byte("first")},
		storage.Message{ID: "m2", To: aNode("a"), Name: "news", Slot: "facts", Body: []byte("second")},
		storage.Message{ID: "m3", To: aNode("a"), Name: "news"},
		storage.Message{ID: "m4", To: aNode("b"), Name: "nonsense", Slot: "facts"},
	)
	for _, m := range every(h, h.Messages(context.Background(), storage.MessageQuery{Statuses: []storage.MessageStatus{storage.MessageOpen}})) {
		if m.To == aNode("a") {
			e.open = append(e.open, m.Seq)
		} else {
			e.dead = m.Seq
		}
	}
	for _, taken := range h.take(10) {
		switch taken.ID {
		case "b1":
			h.settle(storage.Settlement{Lease: taken.Lease, As: storage.EffectDead, Reason: "it is of no use"})
			e.deadWish = taken.ID
		case "b2":
			h.settle(storage.Settlement{Lease: taken.Lease, As: storage.EffectDone})
		default:
			e.running = append(e.running, taken.Lease)
		}
	}
	h.apply(storage.Change{
		Key: aNode("b"), Version: 1, Record: storage.Record{State: "odd"}, Lines: []storage.Line{{To: "odd"}},
		Consume: []storage.Consumption{{Seq: e.dead, As: storage.MessageDead, Reason: "what?"}},
	})
	e.lease = h.claim(10)[0].Lease
	pass(2 * time.Hour) // from now on what was is old
	for _, id := range []string{"c", "d"} {
		h.apply(storage.Change{
			Key: aNode(id), Record: storage.Record{State: "new", Due: longAgo, Data: []byte("of " + id)}, Lines: []storage.Line{{To: "new"}},
			Elements: []storage.Element{{Name: "e", State: "wait", Due: longAgo}}, Emit: []storage.Effect{aWish(id+"1", ""), aWish(id+"2", "lane")},
		})
		h.deliver(storage.Message{ID: "hello", To: aNode(id), Name: "news", Element: "e"})
	}
	return e
}

// longAgo is when what is due is due.
var longAgo = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)

func aNode(id string) storage.Key { return storage.Key{Kind: "node", ID: id} }

func aWish(id, lane string) storage.Effect {
	return storage.Effect{ID: id, Key: "key of " + id, Name: "do", Lane: lane, Operation: "op", Body: []byte("body of " + id)}
}
