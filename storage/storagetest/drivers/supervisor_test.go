package drivers

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

// A parcel is packed, shipped and acknowledged, some times over.
type parcel struct {
	Rounds   int
	Receipts []string
	Notes    []string
}

type (
	parcelKind = supervision.Kind[parcel, string, string]
	parcelTurn = supervision.Turn[parcel, string, string]
)

var (
	parcels = fsm.MustCompile(fsm.Definition[string, string]{
		Name:    "parcel",
		Initial: "stored",
		Starts:  []string{"packing"},
		States: fsm.States[string, string]{
			"stored":   {Mode: fsm.Resting},
			"packing":  {Mode: fsm.Active, After: time.Hour, Then: "give up"},
			"shipping": {Mode: fsm.Waiting, After: time.Hour, Then: "give up"},
			"there":    {Mode: fsm.Resting},
			"lost":     {Mode: fsm.Resting},
		},
		Table: fsm.Table[string, string]{
			"stored":   {"pack": "packing"},
			"packing":  {"send": "shipping", "give up": "lost"},
			"shipping": {"again": "packing", "arrive": "there", "give up": "lost"},
		},
	})
	ship = supervision.NewEffect[string, string]("ship")
	note = supervision.NewMessage[string]("note")
)

// decideParcel is the decider of parcels.
func decideParcel(t *parcelTurn) error {
	for _, m := range t.Messages {
		if text, ok := note.Body(m); ok {
			t.Data.Notes = append(t.Data.Notes, text)
		}
		receipt, err, ok := ship.Outcome(m)
		if !ok {
			continue
		}
		if err != nil {
			return err
		}
		t.Data.Receipts = append(t.Data.Receipts, receipt)
		next := "again"
		if len(t.Data.Receipts) == t.Data.Rounds {
			next = "arrive"
		}
		if err := t.Fire(next); err != nil {
			return err
		}
	}
	if t.State != "packing" {
		return nil
	}
	ship.Emit(t, t.Key.ID)
	return t.Fire("send")
}

type parcelOptions = supervision.KindOptions[parcel, string, string]

func parcelsOn(t testing.TB, store storage.Store, o *parcelOptions) *parcelKind {
	t.Helper()
	k, err := supervision.NewKind("parcel", parcels, store, o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// shipper performs what parcels want.
func shipper(_ context.Context, c supervision.Call, id string) (string, error) {
	return id + " by " + c.ID, nil
}

// supervise runs a supervisor of parcels until stop is called.
func supervise(t *testing.T, k *parcelKind, o supervision.Options) (stop func()) {
	t.Helper()
	s, err := supervision.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, k, decideParcel, supervision.Emits(ship))
	supervision.Perform(s, ship, shipper, nil)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func parcelOf(t testing.TB, k *parcelKind, id string) supervision.Record[parcel, string] {
	t.Helper()
	r, err := k.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What the host keeps elsewhere in its database is written with each turn. What refuses, or panics, is
// the failure of that turn alone.
func TestProjectWithTurns(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		synctest.Test(t, func(t *testing.T) {
			db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE arrived (rounds INTEGER)"); err != nil {
				t.Fatal(err)
			}
			project := func(ctx context.Context, tx any, _, after *parcel) error {
				switch n := len(after.Receipts); {
				case n == 2 && after.Rounds == 2:
					return errors.New("the ledger is full")
				case n == 3 && after.Rounds == 3:
					panic("the ledger is torn")
				case n == after.Rounds:
					_, err := tx.(sqlite.Tx).ExecContext(ctx, "INSERT INTO arrived VALUES (?)", n)
					return err
				}
				return nil
			}
			k := parcelsOn(t, storeOn(t, db, sqlite.Options{}), &parcelOptions{Project: project})
			stop := supervise(t, k, supervision.Options{Failures: 2})
			defer stop()
			for id, rounds := range map[string]int{"good": 1, "refused": 2, "panics": 3, "better": 4} {
				if err := k.Create(t.Context(), id, parcel{Rounds: rounds}, supervision.At("packing")); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Minute)
			for id, want := range map[string]string{"good": "", "better": "", "refused": "the ledger is full", "panics": "panic: the ledger is torn"} {
				r := parcelOf(t, k, id)
				if want == "" && r.State != "there" || want != "" && (r.Status != storage.Quarantined || !strings.Contains(r.Reason, want)) {
					t.Errorf("%s is %+v", id, r)
				}
			}
			var rows string
			if err := db.QueryRowContext(t.Context(), "SELECT group_concat(rounds, ' ') FROM (SELECT rounds FROM arrived ORDER BY rounds)").Scan(&rows); err != nil || rows != "1 4" {
				t.Errorf("the host's rows are %q, %v; want those of the two that arrived", rows, err)
			}
		})
	})
}

// What a host orders and says inside a transaction of its own is taken up after the commit, and never
// after a rollback.
func TestTurnsAfterTheHostsTransaction(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		synctest.Test(t, func(t *testing.T) {
			db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
			k := parcelsOn(t, storeOn(t, db, sqlite.Options{}), nil)
			for _, commit := range []bool{false, true} {
				tx := begin(db)(t)
				inside := k.With(tx.Handle)
				err := errors.Join(
					inside.Create(t.Context(), "a", parcel{Rounds: 1}),
					inside.Fire(t.Context(), "a", "pack", nil),
					note.Deliver(t.Context(), inside, "a", "careful"))
				if err != nil {
					t.Fatal(err)
				}
				end := tx.Rollback
				if commit {
					end = tx.Commit
				}
				if err := end(); err != nil {
					t.Fatal(err)
				}
				stop := supervise(t, k, supervision.Options{})
				time.Sleep(time.Minute)
				stop()
				r, err := k.Get(t.Context(), "a")
				if !commit {
					if !errors.Is(err, storage.ErrNotFound) {
						t.Errorf("after the rollback it is %+v, %v", r, err)
					}
					continue
				}
				if err != nil || r.State != "there" || !cmp.Equal(r.Data.Notes, []string{"careful"}) {
					t.Errorf("after the commit it is %+v, %v", r, err)
				}
			}
		})
	})
}

// A store that cannot be written for a while loses nothing, and nothing happens twice.
func TestATurnOnAReadOnlyFile(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		synctest.Test(t, func(t *testing.T) {
			db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
			db.SetMaxOpenConns(1)
			k := parcelsOn(t, storeOn(t, db, sqlite.Options{}), nil)
			var log strings.Builder
			if err := k.Create(t.Context(), "a", parcel{Rounds: 1}, supervision.At("packing")); err != nil {
				t.Fatal(err)
			}
			readOnly := func(pragma string) {
				t.Helper()
				if _, err := db.ExecContext(t.Context(), "PRAGMA query_only = "+pragma); err != nil {
					t.Fatal(err)
				}
			}
			readOnly("ON")
			stop := supervise(t, k, supervision.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			time.Sleep(time.Minute)
			if r := parcelOf(t, k, "a"); r.Version != 1 {
				t.Errorf("a file that is read-only was written: %+v", r)
			}
			readOnly("OFF")
			time.Sleep(time.Minute)
			stop()
			if r := parcelOf(t, k, "a"); r.State != "there" || r.Failures != 0 || len(r.Data.Receipts) != 1 {
				t.Errorf("it is %+v", r)
			}
			if n := strings.Count(log.String(), "\n"); n == 0 || n > 20 {
				t.Errorf("%d lines were logged:\n%s", n, &log)
			}
		})
	})
}
