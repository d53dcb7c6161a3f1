package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func atomicMutants() []mutant {
	const group = "1 a change is atomic/"
	return []mutant{
		{"part of a refused change stays", refused(func(s *state, c *storage.Change, err error, now time.Time) error {
			if errors.Is(err, storage.ErrExists) && c.Version > 0 {
				s.Records[c.Key].State = c.Record.State
			}
			return err
		}), []string{group + "a refused change leaves nothing", "6 effects/an id of another record is refused"}},
		{"one failure fails the batch", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				before := b.before()
				answers, err := b.model.Apply(ctx, changes)
				if failed := errors.Join(answers...); failed != nil {
					b.tamper(func(*state, time.Time) { b.state = before })
					for i := range answers {
						answers[i] = failed
					}
				}
				return answers, err
			}
		}, []string{
			"1 a change is atomic/a batch changes a record once",
			"1 a change is atomic/a failed change does not stand in the way of the next",
			"1 a change is atomic/a failing change takes no other with it",
			"1 a change is atomic/changes of a batch see those before them",
			"1 a change is atomic/each change has its own answer",
		}},
		{"a batch is applied from its end", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				changes = slices.Clone(changes)
				slices.Reverse(changes)
				answers, err := b.model.Apply(ctx, changes)
				slices.Reverse(answers)
				return answers, err
			}
		}, []string{"1 a change is atomic/changes of a batch see those before them"}},
		{"a batch changes a record twice", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) (all []error, err error) {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				for _, c := range changes {
					answers, err := b.model.Apply(ctx, []storage.Change{c})
					if err != nil {
						return nil, err
					}
					all = append(all, answers[0])
				}
				return all, nil
			}
		}, []string{"1 a change is atomic/a batch changes a record once"}},
		{"a failed change stands in the way of the next", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				changes, seen := slices.Clone(changes), map[storage.Key]bool{}
				for i := range changes {
					if k := changes[i].Key; seen[k] {
						changes[i].Version = 1 << 40
					} else {
						seen[k] = true
					}
				}
				return b.model.Apply(ctx, changes)
			}
		}, []string{
			"1 a change is atomic/a failed change does not stand in the way of the next",
			"1 a change is atomic/each change has its own answer",
		}},
		{"what is emitted is canceled, too", applied(func(_, s *state, c *storage.Change, now time.Time) {
			s.cancel(c.Key, c.Cancel, now)
		}), []string{
			"1 a change is atomic/what a change cancels makes room for what it emits",
			"6 lanes/one canceled while it runs is not waited for for ever",
			"6 lanes/one canceled while it runs is waited for",
			"6 lanes/one taken past its deadline is not handed out when what it waited for ends",
			"6 one open effect a key/what the change cancels does not count",
			"9 what has ended is pruned/effects, by when they ended",
		}},
		{"what is given stays, though it is gone", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			for _, e := range c.Elements {
				if r := s.Records[c.Key]; r != nil {
					r.Elements[e.Name] = copyElement(e)
				}
			}
		}), []string{
			"1 a change is atomic/an element both given and gone is gone",
			"elements/every field comes back",
		}},
		{"spawning overwrites", changes(func(s *state, c *storage.Change) {
			for _, spawn := range c.Spawn {
				if r := s.Records[spawn.Record.Key]; r != nil {
					r.State = spawn.Record.State
				}
			}
		}), []string{"1 a change is atomic/spawning leaves a record that exists as it is"}},
		{"messages are sent before records are spawned", applied(func(before, s *state, c *storage.Change, now time.Time) {
			for _, m := range s.Messages {
				if before.Records[m.To] == nil && before.message(m.Seq) == nil {
					m.Status = storage.MessageDead
				}
			}
		}), []string{"1 a change is atomic/changes of a batch see those before them"}},
		{"the context is not looked at", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				return b.model.Apply(context.WithoutCancel(ctx), changes)
			}
		}, []string{"1 a change is atomic/an ended context writes nothing"}},
		{"canceled effects are forgotten", changes(func(_ *state, c *storage.Change) { c.Cancel = nil }), []string{
			"1 a change is atomic/all of it is there",
			"1 a change is atomic/what a change cancels makes room for what it emits",
			"6 effects/a canceled effect is not taken",
			"6 effects/an effect canceled while it runs is told so",
			"6 effects/cancel chooses by operation and lane",
			"6 effects/what a canceled effect brought about is not lost",
			"6 lanes/a canceled one makes room for the next",
			"6 lanes/each canceled while it runs is waited for",
			"6 lanes/one canceled while it runs is not waited for for ever",
			"6 lanes/one canceled while it runs is waited for",
			"6 lanes/one taken past its deadline is not handed out when what it waited for ends",
			"6 one open effect a key/what the change cancels does not count",
			"9 what has ended is pruned/effects, by when they ended",
			"9 what has ended is pruned/their ids are forgotten with them",
		}},
		{"consumed messages are forgotten", changes(func(_ *state, c *storage.Change) { c.Consume = nil }), []string{
			"1 a change is atomic/all of it is there",
			"3 a claim hides what it hands out/the snapshot has the open messages",
			"4 no wake-up is lost/a message that is not new wakes nobody",
			"5 messages/a dead one is opened again",
			"5 messages/a record that becomes final leaves its open ones stale",
			"5 messages/a slot is a record's own and holds what is open",
			"5 messages/an id is accepted once",
			"5 messages/are found by record and status",
			"5 messages/one opened again obeys slot and final",
			"5 messages/what a turn makes of it is kept",
			"9 what has ended is pruned/messages, by when they ended",
			"9 what has ended is pruned/not before its time",
			"9 what has ended is pruned/their ids are forgotten with them",
			"9 what has ended is pruned/what is dead has a time of its own",
		}},
		{"lines are forgotten", changes(func(_ *state, c *storage.Change) {
			if !c.Delete {
				c.Lines = nil
			}
		}), []string{
			"1 a change is atomic/all of it is there",
			"7 time is the store's/what the store sets is not taken from the caller",
			"8 what a caller gets is its own/what is returned is a copy",
			"9 lists are bounded/history is found after a version",
			"9 what has ended is pruned/lines, but not the newest of a record",
			"records/a deleted record leaves its history",
			"records/empty data is nil",
		}},
	}
}
