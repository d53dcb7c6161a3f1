package drivers

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

const rounds = 10

// decideInSteps is the decider of parcels that go their rounds in one operation, a step a round.
func decideInSteps(t *parcelTurn) error {
	for _, m := range t.Messages {
		if receipt, err, ok := ship.Outcome(m); ok && err == nil {
			t.Data.Receipts = append(t.Data.Receipts, receipt)
			if len(t.Data.Receipts) == rounds {
				return t.Fire("arrive")
			}
			if err := t.Fire("again"); err != nil {
				return err
			}
		}
	}
	if t.State != "packing" {
		return nil
	}
	t.Step = fmt.Sprint(len(t.Data.Receipts))
	ship.Emit(t, t.Key.ID, supervision.StepKey())
	return t.Fire("send")
}

// workInSteps supervises parcels until stop is called.
func workInSteps(t *testing.T, k *parcelKind, l ledger) (stop func()) {
	t.Helper()
	s, err := supervision.New(&supervision.Options{Poll: 5 * time.Millisecond, Lease: time.Second, Effects: 2})
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, k, decideInSteps)
	supervision.Perform(s, ship, l.carryOut, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// untilKeys waits until the ledger has so many keys.
func (l ledger) untilKeys(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); len(l.keys(t)) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in a minute %d effects were carried out, want %d", len(l.keys(t)), n)
		}
	}
}

// A copy that was taken while a supervisor worked is whole. What was done outside after it was taken is
// done again, and where a key says what it stands for, under the same one.
func TestARestoredCopyGoesOn(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		const parcels = 6
		dir, outside := t.TempDir(), ledger(t.TempDir())
		path, copied := filepath.Join(dir, "estate.db"), filepath.Join(dir, "copy.db")
		kindIn := func(path string) (*parcelKind, *sql.DB) {
			db := open(t, driver, dsnOf(path))
			return parcelsOn(t, storeOn(t, db, sqlite.Options{}), nil), db
		}
		k, db := kindIn(path)
		for i := range parcels {
			id := fmt.Sprint("p", i)
			if err := k.Create(t.Context(), id, parcel{}); err != nil {
				t.Fatal(err)
			}
			if _, err := k.Order(t.Context(), id, "pack", time.Hour, nil); err != nil {
				t.Fatal(err)
			}
		}
		stop := workInSteps(t, k, outside)
		outside.untilKeys(t, parcels*rounds/3)
		if _, err := db.ExecContext(t.Context(), "VACUUM INTO ?", copied); err != nil {
			t.Fatal(err)
		}
		outside.untilKeys(t, parcels*rounds*2/3)
		stop() // and the first file is lost

		restored, copyDB := kindIn(copied)
		var whole string
		if err := copyDB.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
			t.Fatalf("the copy is %q, %v", whole, err)
		}
		stop = workInSteps(t, restored, outside)
		var receipts []string
		for i := range parcels {
			r, err := restored.Await(t.Context(), fmt.Sprint("p", i), func(r supervision.Record[parcel, string]) bool { return r.State == "there" })
			if err != nil {
				t.Fatal(err)
			}
			receipts = append(receipts, r.Data.Receipts...)
		}
		stop()
		slices.Sort(receipts)
		if diff := cmp.Diff(outside.keys(t), receipts); diff != "" {
			t.Errorf("what was carried out in both lives (-ledger +receipts):\n%s", diff)
		}
		for _, err := range restored.DeadEffects(t.Context()) {
			t.Error("an effect was given up", err)
		}
	})
}
