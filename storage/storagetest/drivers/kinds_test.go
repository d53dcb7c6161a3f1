package drivers

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		kindtest.Run(t, func(t *testing.T) storage.Store {
			return storeOn(t, open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db"))), sqlite.Options{})
		})
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
	eachDriver(t, func(t *testing.T, driver string) {
		ctx := t.Context()
		db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		kind, err := supervision.NewKind[lamp]("lamp", lamps, storeOn(t, db, sqlite.Options{}), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(ctx, "CREATE TABLE bills (text TEXT)"); err != nil {
			t.Fatal(err)
		}
		for _, commit := range []bool{false, true} {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			inside := kind.With(tx)
			if _, err := tx.ExecContext(ctx, "INSERT INTO bills VALUES ('a lamp')"); err != nil {
				t.Fatal(err)
			}
			err = errors.Join(
				inside.Create(ctx, "desk", lamp{}),
				inside.Fire(ctx, "desk", "switch", turnOn),
				inside.Deliver(ctx, "desk", storage.Message{ID: "m", Name: "flicker"}))
			if err != nil {
				t.Fatal(err)
			}
			if commit {
				err = tx.Commit()
			} else {
				err = tx.Rollback()
			}
			if err != nil {
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
	})
}

// What Project writes stands and falls with the change.
func TestProjectIsPartOfTheChange(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		ctx := t.Context()
		db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		if _, err := db.ExecContext(ctx, "CREATE TABLE switched (was INTEGER, is_now INTEGER CHECK (is_now < 2))"); err != nil {
			t.Fatal(err)
		}
		project := func(ctx context.Context, tx any, before, after *lamp) error {
			was, is := -1, -1
			if before != nil {
				was = before.Switched
			}
			if after != nil {
				is = after.Switched
			}
			_, err := tx.(sqlite.Tx).ExecContext(ctx, "INSERT INTO switched VALUES (?, ?)", was, is)
			return err
		}
		kind, err := supervision.NewKind("lamp", lamps, storeOn(t, db, sqlite.Options{}),
			&supervision.KindOptions[lamp, string, string]{Project: project})
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
		if err := db.QueryRowContext(ctx, "SELECT group_concat(was || '>' || is_now, ' ') FROM switched").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if want := "-1>0 0>1 1>-1"; rows != want {
			t.Errorf("Project wrote %s, want %s", rows, want)
		}
	})
}
