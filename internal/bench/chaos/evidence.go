package chaos

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Evidence is everything that is known when a run has ended: what was ordered, what the store holds,
// what the world saw, and what the processes said. Checks only look at it.
type evidence struct {
	orders map[string][]given

	records  []record
	effects  []storage.Effect
	messages []storage.Message
	unlike   []string // decisions that come out otherwise when they are made again

	calls  []entry
	said   []said
	woken  map[string]time.Time
	faults []string
}

// A record is one as the store holds it, with what belongs to it.
type record struct {
	storage.Snapshot

	lines    []storage.Line
	elements []storage.Element
}

// gather reads everything from a store.
func (e *evidence) gather(ctx context.Context, store storage.Store) (err error) {
	kind, err := newKind(store)
	if err != nil {
		return err
	}
	if err := e.gatherRecords(ctx, store, kind); err != nil {
		return err
	}
	if e.effects, err = collect(store.Effects(ctx, storage.EffectQuery{From: storage.Key{Kind: kindName}})); err != nil {
		return err
	}
	e.messages, err = collect(store.Messages(ctx, storage.MessageQuery{To: storage.Key{Kind: kindName}}))
	return err
}

func (e *evidence) gatherRecords(ctx context.Context, store storage.Store, kind *instanceKind) error {
	listed, err := collect(store.List(ctx, storage.Query{Kind: kindName}))
	if err != nil {
		return err
	}
	for some := range slices.Chunk(listed, 100) {
		keys := make([]storage.Key, len(some))
		for i := range some {
			keys[i] = some[i].Key
		}
		seen, err := store.Load(ctx, keys)
		if err != nil {
			return err
		}
		for i := range seen {
			if err := e.gatherRecord(ctx, store, kind, seen[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *evidence) gatherRecord(ctx context.Context, store storage.Store, kind *instanceKind, seen storage.Snapshot) (err error) {
	r := record{Snapshot: seen}
	if r.lines, err = collect(store.History(ctx, seen.Key, 0)); err != nil {
		return err
	}
	for i := range r.lines {
		r.lines[i].Inputs = nil // they are many
	}
	if r.elements, err = collect(store.Elements(ctx, seen.Key, storage.ElementQuery{})); err != nil {
		return err
	}
	if err := kind.Replay(ctx, seen.Key.ID, decide); err != nil {
		e.unlike = append(e.unlike, fmt.Sprint(err))
	}
	e.records = append(e.records, r)
	return nil
}

func collect[T any](seq iter.Seq2[T, error]) (all []T, err error) {
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}
