package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// What a host's Project does wrong is the failure of its own change. The others of the batch are made, and the
// connection is as good as before.
func TestProjectGoesWrong(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]struct {
		project func(ctx context.Context, tx pgx.Tx) error
		says    string
	}{
		"it overlooks an error": {func(ctx context.Context, tx pgx.Tx) error {
			_, _ = tx.Exec(ctx, "SELECT 1/0")
			return nil
		}, "overlooked"},
		"it commits": {func(ctx context.Context, tx pgx.Tx) error {
			return tx.Commit(ctx)
		}, "commits"},
		"it rolls back": {func(ctx context.Context, tx pgx.Tx) error {
			return tx.Rollback(ctx)
		}, "rolls back"},
		"it leaves a savepoint in ruins": {func(ctx context.Context, tx pgx.Tx) error {
			nested, err := tx.Begin(ctx)
			if err == nil {
				_, _ = nested.Exec(ctx, "SELECT 1/0")
			}
			return err
		}, "overlooked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			ctx := t.Context()
			project := func(id string, also func(context.Context, pgx.Tx) error) storage.Change {
				c := creation(id)
				c.Project = func(ctx context.Context, tx any) error {
					if err := h.note(ctx, tx, id); err != nil {
						return err
					}
					return also(ctx, tx.(pgx.Tx))
				}
				return c
			}
			right := func(context.Context, pgx.Tx) error { return nil }
			answers, err := h.Apply(ctx, []storage.Change{project("a", right), project("b", wrong.project), project("c", right)})
			if err != nil || answers[0] != nil || answers[1] == nil || answers[2] != nil {
				t.Errorf("the answers are %v, %v; want an error for the second alone", answers, err)
			} else if !strings.Contains(answers[1].Error(), wrong.says) {
				t.Errorf("%v does not say %q", answers[1], wrong.says)
			}
			h.there("a", "c")
			h.apply(project("d", right))
			h.there("a", "c", "d")
		})
	}
}

// What makes the connection useless takes the whole batch with it, and nothing else.
func TestProjectTakesTheBatchWithIt(t *testing.T) {
	t.Parallel()
	apply := func(t *testing.T, h host, project func(ctx context.Context, tx pgx.Tx)) (err error) {
		t.Helper()
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		changes := []storage.Change{creation("a"), creation("b")}
		changes[1].Project = func(ctx context.Context, tx any) error {
			project(ctx, tx.(pgx.Tx))
			return h.note(ctx, tx, "b")
		}
		_, err = h.Apply(t.Context(), changes)
		return err
	}
	again := func(h host) {
		h.Helper()
		h.there()
		c := creation("c")
		c.Project = func(ctx context.Context, tx any) error { return h.note(ctx, tx, "c") }
		h.apply(c)
		h.there("c")
		if n := h.pool.Stat().AcquiredConns(); n != 0 {
			h.Errorf("%d connections were not given back", n)
		}
	}
	t.Run("it does not close its rows", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		err := apply(t, h, func(ctx context.Context, tx pgx.Tx) {
			_, _ = tx.Query(ctx, "SELECT 1") // and nobody closes what it returns
		})
		says(t, err, "apply", "busy")
		again(h)
	})
	t.Run("it panics", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		if err := apply(t, h, func(context.Context, pgx.Tx) { panic("ouch") }); err == nil || err.Error() != "panic: ouch" {
			t.Errorf("%v; the panic is the caller's", err)
		}
		again(h)
	})
	t.Run("it commits by a statement", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		err := apply(t, h, func(ctx context.Context, tx pgx.Tx) {
			if _, err := tx.Exec(ctx, "COMMIT"); err != nil {
				t.Error(err)
			}
		})
		says(t, err, "apply", "ended the transaction by a statement", "the store commits")
		if !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("%v is not storage.ErrUnknown, and something was written", err)
		}
	})
}

// A host's code may use savepoints of its own, and the store.
func TestProjectUsesSavepointsAndTheStore(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	c := creation("a")
	c.Project = func(ctx context.Context, handle any) error {
		tx := handle.(pgx.Tx)
		refused := pgx.BeginFunc(ctx, tx, func(nested pgx.Tx) error {
			return errors.Join(h.note(ctx, nested, "b"), h.note(ctx, nested, "b"))
		})
		if refused == nil {
			return errors.New("the same note was made twice")
		}
		inside := h.inside(tx)
		inside.apply(creation("c"))
		inside.deliver(storage.Message{ID: "m", To: aNode("a"), Name: "news"})
		return errors.Join(h.note(ctx, tx, "a"), h.note(ctx, tx, "c"))
	}
	h.apply(c)
	h.there("a", "c")
	if claimed := h.claim(9); len(claimed) != 1 || len(claimed[0].Messages) != 1 {
		t.Errorf("claimed %v; want the record with the message", claimed)
	}
}
