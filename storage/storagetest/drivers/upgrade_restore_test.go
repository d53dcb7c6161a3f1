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

	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

const rounds = 10

// decideInSteps is the decider of errands that are run in one operation, a step a round.
func decideInSteps(t *kindtest.ErrandTurn) error {
	for _, m := range t.Messages {
		if receipt, err, ok := kindtest.RunErrand.Outcome(m); ok && err == nil {
			t.Data.Receipts = append(t.Data.Receipts, receipt)
			if len(t.Data.Receipts) == rounds {
				return t.Fire("return")
			}
			if err := t.Fire("again"); err != nil {
				return err
			}
		}
	}
	if t.State != "asked" {
		return nil
	}
	t.Step = fmt.Sprint(len(t.Data.Receipts))
	kindtest.RunErrand.Emit(t, t.Key.ID, supervision.StepKey())
	return t.Fire("leave")
}

// workInSteps supervises errands until stop is called.
func workInSteps(t *testing.T, k *kindtest.ErrandKind, o kindtest.Outside) (stop func()) {
	t.Helper()
	s, err := supervision.New(&supervision.Options{Poll: 5 * time.Millisecond, Lease: time.Second, Effects: 2})
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, k, decideInSteps)
	supervision.Perform(s, kindtest.RunErrand, o.Honor, nil)
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

// untilKeys waits until so many keys were honored.
func untilKeys(t *testing.T, o kindtest.Outside, n int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); len(o.Keys(t)) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in five minutes %d effects were carried out, want %d", len(o.Keys(t)), n)
		}
	}
}

// A copy that was taken while a supervisor worked is whole. What was done outside after it was taken is
// done again, and where a key says what it stands for, under the same one.
func TestARestoredCopyGoesOn(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		const errands = 6
		dir, outside := t.TempDir(), kindtest.Outside(t.TempDir())
		path, copied := filepath.Join(dir, "estate.db"), filepath.Join(dir, "copy.db")
		kindIn := func(path string) (*kindtest.ErrandKind, *sql.DB) {
			db := open(t, driver, dsnOf(path))
			return kindtest.NewErrandKind(t, storeOn(t, db, sqlite.Options{}), nil), db
		}
		k, db := kindIn(path)
		for i := range errands {
			id := fmt.Sprint("e", i)
			if err := k.Create(t.Context(), id, kindtest.Errand{}, supervision.At("planned")); err != nil {
				t.Fatal(err)
			}
			if _, err := k.Order(t.Context(), id, "ask", time.Hour, nil); err != nil {
				t.Fatal(err)
			}
		}
		stop := workInSteps(t, k, outside)
		untilKeys(t, outside, errands*rounds/3)
		if _, err := db.ExecContext(t.Context(), "VACUUM INTO ?", copied); err != nil {
			t.Fatal(err)
		}
		untilKeys(t, outside, errands*rounds*2/3)
		stop() // and the first file is lost

		restored, copyDB := kindIn(copied)
		var whole string
		if err := copyDB.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
			t.Fatalf("the copy is %q, %v", whole, err)
		}
		stop = workInSteps(t, restored, outside)
		var receipts []string
		for i := range errands {
			r, err := restored.Await(t.Context(), fmt.Sprint("e", i), func(r supervision.Record[kindtest.Errand, string]) bool { return r.State == "back" })
			if err != nil {
				t.Fatal(err)
			}
			receipts = append(receipts, r.Data.Receipts...)
		}
		stop()
		slices.Sort(receipts)
		if diff := cmp.Diff(outside.Keys(t), receipts); diff != "" {
			t.Errorf("what was carried out in both lives (-outside +receipts):\n%s", diff)
		}
		for _, err := range restored.DeadEffects(t.Context()) {
			t.Error("an effect was given up", err)
		}
	})
}
