package postgres_test

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A call is one that writes.
type call struct {
	name string
	do   func(context.Context, *postgres.Store, estate) error
}

// inTwoTrips is how many of callsThatWrite, which come first, are made in two round trips: the second has
// the COMMIT.
const (
	inTwoTrips = 7
	allCalls   = 9
)

// callsThatWrite are those whose answer says that all was written, or nothing.
func callsThatWrite(r *rig) []call {
	return []call{
		{"apply", func(ctx context.Context, s *postgres.Store, e estate) error {
			return firstError(s.Apply(ctx, []storage.Change{richTurn(e), richOrder(), {
				Key: aNode("b"), Version: 2, Delete: true, Lines: []storage.Line{{Event: "delete"}},
			}}))
		}},
		{"deliver", func(ctx context.Context, s *postgres.Store, _ estate) error {
			return firstError(s.Deliver(ctx, []storage.Message{
				{ID: "m5", To: aNode("a"), Name: "news", Slot: "facts", Body: []byte("third")},
				{ID: "m6", To: aNode("b"), Name: "news"},
			}))
		}},
		{"settle", func(ctx context.Context, s *postgres.Store, e estate) error {
			return firstError(s.Settle(ctx, []storage.Settlement{
				{Lease: e.running[0], As: storage.EffectDone, Outcome: &storage.Message{ID: "done", Name: "done"}},
				{Lease: e.running[1], As: storage.EffectPending, Retry: time.Minute, Reason: "busy"},
			}))
		}},
		{"extend", func(ctx context.Context, s *postgres.Store, e estate) error {
			return firstError(s.Extend(ctx, append([]storage.Lease{e.lease}, e.running...)))
		}},
		{"release", func(ctx context.Context, s *postgres.Store, e estate) error {
			return s.Release(ctx, append([]storage.Lease{e.lease}, e.running...), time.Minute)
		}},
		{"redrive messages", func(ctx context.Context, s *postgres.Store, e estate) error {
			return firstError(s.RedriveMessages(ctx, []uint64{e.dead}))
		}},
		{"redrive effects", func(ctx context.Context, s *postgres.Store, e estate) error {
			return firstError(s.RedriveEffects(ctx, []string{e.deadWish}, time.Hour))
		}},
		{"apply with a project", func(ctx context.Context, s *postgres.Store, e estate) error {
			c := richTurn(e)
			c.Project = func(ctx context.Context, tx any) error {
				_, err := tx.(pgx.Tx).Exec(ctx, r.here("INSERT INTO reeve.ledger VALUES ('a was turned')")) //nolint:forcetypeassert // it is the adapter's
				return err
			}
			return firstError(s.Apply(ctx, []storage.Change{c}))
		}},
		{"prune", func(ctx context.Context, s *postgres.Store, _ estate) error {
			n, err := s.Prune(ctx, storage.Retention{Messages: time.Hour, Effects: time.Hour, Dead: time.Hour, Lines: time.Hour}, 100)
			if want := 6; err == nil && n != want {
				return fmt.Errorf("prune removed %d rows, not %d", n, want)
			}
			return err
		}},
	}
}

// richTurn is a change of node a with all that a turn can mean.
func richTurn(e estate) storage.Change {
	return storage.Change{
		Key: aNode("a"), Version: 1, Token: e.lease.Token,
		Record:   storage.Record{State: "done", Data: []byte("new data of a"), Operation: "op 2", Due: longAgo},
		Elements: []storage.Element{{Name: "cpu", State: "done", Group: 1}, {Name: "ram", State: "wait", Group: 2}},
		Gone:     []string{"net"},
		Consume:  []storage.Consumption{{Seq: e.open[0], As: storage.MessageConsumed}, {Seq: e.open[1], As: storage.MessageStale, Reason: "late"}},
		Cancel:   []storage.Cancel{{Lane: "power"}},
		Emit:     []storage.Effect{aWish("a6", "power"), aWish("a7", "")},
		Send: []storage.Message{
			{ID: "s1", To: aNode("c"), Name: "hello", Slot: "facts"}, {ID: "s2", To: aNode("nobody"), Name: "hello"},
		},
		Spawn: []storage.Spawn{{Record: storage.Record{Key: aNode("child"), State: "new"}, Lines: []storage.Line{{To: "new"}}}},
		Lines: []storage.Line{{From: "busy", Event: "finish", To: "done", Cause: "turn", Inputs: []byte("inputs")}, {Element: "cpu", From: "wait", To: "done"}},
	}
}

// richOrder creates a record.
func richOrder() storage.Change {
	return storage.Change{
		Key: aNode("new"), Record: storage.Record{State: "new", Due: longAgo}, Elements: []storage.Element{{Name: "e", State: "wait"}},
		Emit: []storage.Effect{aWish("new1", "power")}, Lines: []storage.Line{{To: "new"}},
	}
}
