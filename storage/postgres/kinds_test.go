package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	p := placesOn(t, inNoHurry(pgtest.URL(t)))
	kindtest.Run(t, func(t *testing.T) storage.Store {
		t.Helper()
		return p.take(t).store
	})
}

type (
	lamp     struct{ Switched int }
	lampTurn = supervision.Turn[lamp, string, string]
)

var lamps = fsm.MustCompile(fsm.Definition[string, string]{
	Name:    "lamp",
	Initial: "off",
	States: fsm.States[string, string]{
		"off": {Mode: fsm.Resting},
		"on":  {Mode: fsm.Waiting, After: time.Hour, Then: "switch"},
	},
	Table: fsm.Table[string, string]{"off": {"switch": "on"}, "on": {"switch": "off"}},
})

func turnOn(t *lampTurn) error {
	t.Data.Switched++
	return nil
}

// An order inside the host's transaction is there with the host's own rows, or not at all.
func TestKindInsideTheHostsTransaction(t *testing.T) {
	t.Parallel()
	ctx, h := t.Context(), newHost(t)
	kind, err := supervision.NewKind[lamp]("lamp", lamps, h.store, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, commit := range []bool{false, true} {
		tx, _ := h.begin(pgx.TxOptions{})
		inside := kind.With(tx)
		err := errors.Join(
			h.note(ctx, tx, "a lamp"),
			inside.Create(ctx, "desk", lamp{}),
			inside.Fire(ctx, "desk", "switch", turnOn),
			inside.Deliver(ctx, "desk", storage.Message{ID: "m", Name: "flicker"}))
		if err != nil {
			t.Fatal(err)
		}
		end := tx.Rollback
		if commit {
			end = tx.Commit
		}
		if err := end(ctx); err != nil {
			t.Fatal(err)
		}
		r, err := kind.Get(ctx, "desk")
		if commit && (err != nil || r.State != "on" || r.Data.Switched != 1 || r.Version != 2) {
			t.Errorf("after the commit: %+v, %v", r, err)
		}
		if !commit && !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("after the rollback: %+v, %v", r, err)
		}
	}
	if _, err := kind.With(42).Get(ctx, "desk"); err == nil {
		t.Error("a number was accepted as a transaction")
	}
}

// What Project writes stands and falls with the change.
func TestProjectOfAKind(t *testing.T) {
	t.Parallel()
	ctx, h := t.Context(), newHost(t)
	must(t, h.pool, "ALTER TABLE "+h.notes+" ADD COLUMN is_now integer CHECK (is_now < 2)")
	project := func(ctx context.Context, tx any, before, after *lamp) error {
		was, is := -1, -1
		if before != nil {
			was = before.Switched
		}
		if after != nil {
			is = after.Switched
		}
		_, err := tx.(pgx.Tx).Exec(ctx, "INSERT INTO "+h.notes+" VALUES ($1::int || '>' || $2::int, $2)", was, is)
		return err
	}
	kind, err := supervision.NewKind("lamp", lamps, h.store, &supervision.KindOptions[lamp, string, string]{Project: project})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(kind.Create(ctx, "desk", lamp{}), kind.Fire(ctx, "desk", "switch", turnOn)); err != nil {
		t.Fatal(err)
	}
	if err := kind.Fire(ctx, "desk", "switch", turnOn); err == nil {
		t.Error("a change was made that Project refused")
	}
	if r, err := kind.Get(ctx, "desk"); err != nil || r.Version != 2 || r.State != "on" {
		t.Errorf("after the refused change: %+v, %v", r, err)
	}
	if err := kind.Delete(ctx, "desk"); err != nil {
		t.Fatal(err)
	}
	var rows string
	if err := h.pool.QueryRow(ctx, "SELECT string_agg(text, ' ' ORDER BY is_now DESC, text) FROM "+h.notes).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if want := "0>1 -1>0 1>-1"; rows != want {
		t.Errorf("Project wrote %s, want %s", rows, want)
	}
}
