// Package kindtest holds what durable kinds must do on every store, also when the processes that
// supervise them are killed. The tests of supervision run it on memory, those of the stores on their own.
package kindtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

type (
	state = originals.State
	event = originals.Event
	kind  = supervision.Kind[node, state, event]
	turn  = supervision.Turn[node, state, event]
)

// A node is what an introspection is about.
type node struct {
	FinishedAt time.Time
	Error      string
	Attributes map[string]string
	Options    map[string]string
}

// Run tests kinds on stores that open makes.
func Run(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	t.Run("finished is all or nothing in every cell", func(t *testing.T) {
		t.Parallel()
		finishedInEveryCell(t, open)
	})
	t.Run("of two finishers the second changes nothing", func(t *testing.T) {
		t.Parallel()
		twoFinishers(t, open)
	})
	t.Run("competing orders all count", func(t *testing.T) {
		t.Parallel()
		competingOrders(t, open)
	})
	t.Run("one life from creation to deletion", func(t *testing.T) {
		t.Parallel()
		oneLife(t, open)
	})
}

func newKind(t *testing.T, store storage.Store) *kind {
	t.Helper()
	k, err := supervision.NewKind[node]("node", fsm.MustCompile(originals.Introspection()), store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// finish is what ironic-inspector's finished() does: state, time, error and the end of what was only
// of use during the introspection, in one commit.
func finish(ctx context.Context, k *kind, id string, e event, message string, o ...supervision.OrderOption) error {
	return k.Fire(ctx, id, e, func(t *turn) error {
		t.Data.FinishedAt, t.Data.Error = t.Now, message
		t.Data.Attributes, t.Data.Options = nil, nil
		return nil
	}, o...)
}

func busyNode() node {
	return node{Attributes: map[string]string{"mac": "52:54:00:12:34:56"}, Options: map[string]string{"manage_boot": "yes"}}
}

// finishedInEveryCell calls finish with each of the nine events in each of the eight states.
func finishedInEveryCell(t *testing.T, open func(t *testing.T) storage.Store) {
	store := open(t)
	machine, permitted := fsm.MustCompile(originals.Introspection()), 0
	k := newKind(t, store)
	for _, s := range machine.States() {
		for _, e := range machine.Events() {
			id := fmt.Sprintf("%s-%s", s, e)
			put(t, store, k, id, s)
			before := get(t, k, id)
			err := finish(t.Context(), k, id, e, "why")
			after := get(t, k, id)
			to, ok := machine.Next(s, e)
			if !ok {
				if diff := cmp.Diff(before, after); !errors.Is(err, fsm.ErrNotPermitted) || diff != "" {
					t.Errorf("%s: %v, and it changed:\n%s", id, err, diff)
				}
				continue
			}
			permitted++
			if err != nil || after.State != to || after.Version != before.Version+1 {
				t.Errorf("%s: %v; in %s at version %d, want %s at %d", id, err, after.State, after.Version, to, before.Version+1)
			}
			if d := after.Data; d.FinishedAt.IsZero() || d.Error != "why" || d.Attributes != nil || d.Options != nil {
				t.Errorf("%s: the data is %+v", id, d)
			}
			if line := lastLine(t, k, id); line.Version != after.Version || line.From != string(s) || line.Event != string(e) || line.To != string(to) {
				t.Errorf("%s: the history says %+v", id, line)
			}
		}
	}
	if permitted != 26 {
		t.Errorf("%d cells are permitted, want 26 of 72", permitted)
	}
}

// put creates a busy node in any state, also in one that no record starts in.
func put(t *testing.T, store storage.Store, k *kind, id string, s state) {
	t.Helper()
	if err := k.Create(t.Context(), id, busyNode()); err != nil {
		t.Fatal(err)
	}
	seen, err := store.Load(t.Context(), []storage.Key{{Kind: "node", ID: id}})
	if err != nil {
		t.Fatal(err)
	}
	r := seen[0].Record
	r.State = string(s)
	answers, err := store.Apply(t.Context(), []storage.Change{{Key: r.Key, Version: r.Version, Record: r}})
	if err = errors.Join(append(answers, err)...); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, k *kind, id string) supervision.Record[node, state] {
	t.Helper()
	r, err := k.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func lastLine(t *testing.T, k *kind, id string) storage.Line {
	t.Helper()
	var last storage.Line
	for line, err := range k.History(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		last = line
	}
	return last
}

// twoFinishers finishes twice from one reading, also where the cell finished to finished is legal.
func twoFinishers(t *testing.T, open func(t *testing.T) storage.Store) {
	store := open(t)
	k := newKind(t, store)
	for _, s := range []state{"processing", "finished"} {
		id := string(s)
		put(t, store, k, id, s)
		seen := supervision.IfVersion(get(t, k, id).Version)
		if err := finish(t.Context(), k, id, "finish", "first", seen); err != nil {
			t.Fatal(err)
		}
		first := get(t, k, id)
		if err := finish(t.Context(), k, id, "finish", "second", seen); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("%s: the second finisher was told %v, want ErrConflict", s, err)
		}
		if diff := cmp.Diff(first, get(t, k, id)); diff != "" {
			t.Errorf("%s: the second finisher changed it:\n%s", s, diff)
		}
	}
}

func competingOrders(t *testing.T, open func(t *testing.T) storage.Store) {
	const workers, each = 4, 10
	k := newKind(t, open(t))
	if err := k.Create(t.Context(), "n", node{Options: map[string]string{}}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				err := k.Fire(t.Context(), "n", "finish", func(turn *turn) error {
					turn.Data.Options[fmt.Sprint(w, "-", i)] = "done"
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if r := get(t, k, "n"); len(r.Data.Options) != workers*each || r.Version != workers*each+1 {
		t.Errorf("%d of %d orders count, at version %d", len(r.Data.Options), workers*each, r.Version)
	}
}

func oneLife(t *testing.T, open func(t *testing.T) storage.Store) {
	ctx, k := t.Context(), newKind(t, open(t))
	if err := k.Create(ctx, "n", node{}, supervision.At[state]("waiting")); err != nil {
		t.Fatal(err)
	}
	if err := k.Deliver(ctx, "n", storage.Message{ID: "cb-1", Name: "ramdisk", Body: []byte("{}")}); err != nil {
		t.Error(err)
	}
	if err := k.Touch(ctx, "n", time.Hour); err != nil {
		t.Error(err)
	}
	operation, err := k.Order(ctx, "n", "start", time.Hour, nil)
	if r := get(t, k, "n"); err != nil || r.State != "starting" || r.Operation != operation || r.Deadline.IsZero() {
		t.Errorf("after the order, %v: %+v", err, r)
	}
	if err := finish(ctx, k, "n", "timeout", "Introspection timeout"); err != nil {
		t.Error(err)
	}
	listed := 0
	for r, err := range k.List(ctx, &supervision.Query[state]{States: []state{"error"}}) {
		if err != nil || r.Data.Error != "Introspection timeout" {
			t.Errorf("%+v, %v", r, err)
		}
		listed++
	}
	if listed != 1 {
		t.Errorf("%d nodes are listed in error, want 1", listed)
	}
	if err := k.Delete(ctx, "n"); err != nil {
		t.Error(err)
	}
	if _, err := k.Get(ctx, "n"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("after the deletion: %v", err)
	}
	if line := lastLine(t, k, "n"); line.Cause != "delete" || line.From != "error" {
		t.Errorf("the history ends with %+v", line)
	}
}
