package kindtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/storagetest"
	"github.com/reeve-go/reeve/supervision"
)

// A Host keeps notes in a table of its own, in the database of the store.
type Host struct {
	Store storage.Store
	// Begin begins a transaction of the host.
	Begin func(testing.TB) storagetest.Tx
	// Note writes two numbers into the table inside a transaction. It refuses a second one above 1.
	Note func(ctx context.Context, tx any, was, is int) error
	// Notes returns the notes in the order in which they were written, as "0>1 1>0".
	Notes func(testing.TB) string
}

// RunHost tests kinds of hosts that open makes, each with an empty table.
func RunHost(t *testing.T, open func(t *testing.T) Host) {
	t.Helper()
	t.Run("an order inside the host's transaction", func(t *testing.T) {
		t.Parallel()
		insideTransaction(t, open(t))
	})
	t.Run("what Project writes", func(t *testing.T) {
		t.Parallel()
		project(t, open(t))
	})
}

type lamp struct{ Switched int }

var lamps = fsm.MustCompile(fsm.Definition[string, string]{
	Name:    "lamp",
	Initial: "off",
	States: fsm.States[string, string]{
		"off": {Mode: fsm.Resting},
		"on":  {Mode: fsm.Waiting, After: time.Hour, Then: "switch"},
	},
	Table: fsm.Table[string, string]{"off": {"switch": "on"}, "on": {"switch": "off"}},
})

func count(t *supervision.Turn[lamp, string, string]) error {
	t.Data.Switched++
	return nil
}

// insideTransaction: an order is there with the host's own rows, or not at all.
func insideTransaction(t *testing.T, h Host) {
	t.Helper()
	ctx := t.Context()
	kind, err := supervision.NewKind[lamp]("lamp", lamps, h.Store, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, commit := range []bool{false, true} {
		tx := h.Begin(t)
		inside := kind.With(tx.Handle)
		err := errors.Join(
			h.Note(ctx, tx.Handle, 0, 1),
			inside.Create(ctx, "desk", lamp{}),
			inside.Fire(ctx, "desk", "switch", count),
			inside.Deliver(ctx, "desk", storage.Message{ID: "m", Name: "flicker"}))
		if err != nil {
			t.Fatal(err)
		}
		end, notes := tx.Rollback, ""
		if commit {
			end, notes = tx.Commit, "0>1"
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		r, err := kind.Get(ctx, "desk")
		if commit && (err != nil || r.State != "on" || r.Data.Switched != 1 || r.Version != 2) {
			t.Errorf("after the commit: %+v, %v", r, err)
		}
		if !commit && !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("after the rollback: %+v, %v", r, err)
		}
		if got := h.Notes(t); got != notes {
			t.Errorf("the host's rows are %q, want %q", got, notes)
		}
	}
	if _, err := kind.With(42).Get(ctx, "desk"); err == nil {
		t.Error("a number was accepted as a transaction")
	}
}

// project: what is written stands and falls with the change.
func project(t *testing.T, h Host) {
	t.Helper()
	ctx := t.Context()
	write := func(ctx context.Context, tx any, before, after *lamp) error {
		was, is := -1, -1
		if before != nil {
			was = before.Switched
		}
		if after != nil {
			is = after.Switched
		}
		return h.Note(ctx, tx, was, is)
	}
	kind, err := supervision.NewKind("lamp", lamps, h.Store, &supervision.KindOptions[lamp, string, string]{Project: write})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(kind.Create(ctx, "desk", lamp{}), kind.Fire(ctx, "desk", "switch", count)); err != nil {
		t.Fatal(err)
	}
	if err := kind.Fire(ctx, "desk", "switch", count); err == nil {
		t.Error("a change was made that Project refused")
	}
	if r, err := kind.Get(ctx, "desk"); err != nil || r.Version != 2 || r.State != "on" {
		t.Errorf("after the refused change: %+v, %v", r, err)
	}
	if err := kind.Delete(ctx, "desk"); err != nil {
		t.Fatal(err)
	}
	if got, want := h.Notes(t), "-1>0 0>1 1>-1"; got != want {
		t.Errorf("Project wrote %q, want %q", got, want)
	}
}
