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

	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

// supervise runs a supervisor of errands until stop is called.
func supervise(t *testing.T, k *kindtest.ErrandKind, o supervision.Options) (stop func()) {
	t.Helper()
	s, err := supervision.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, k, kindtest.DecideErrand, supervision.Emits(kindtest.RunErrand))
	supervision.Perform(s, kindtest.RunErrand, func(_ context.Context, c supervision.Call, id string) (string, error) {
		return id + " by " + c.ID, nil
	}, nil)
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

func errandOf(t testing.TB, k *kindtest.ErrandKind, id string) supervision.Record[kindtest.Errand, string] {
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
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE done (runs INTEGER)"); err != nil {
				t.Fatal(err)
			}
			project := func(ctx context.Context, tx any, _, after *kindtest.Errand) error {
				switch n := len(after.Receipts); {
				case n == 2 && after.Runs == 2:
					return errors.New("the ledger is full")
				case n == 3 && after.Runs == 3:
					panic("the ledger is torn")
				case n == after.Runs:
					_, err := tx.(sqlite.Tx).ExecContext(ctx, "INSERT INTO done VALUES (?)", n)
					return err
				}
				return nil
			}
			k := kindtest.NewErrandKind(t, storeOn(t, db, sqlite.Options{}), &kindtest.ErrandOptions{Project: project})
			stop := supervise(t, k, supervision.Options{Failures: 2})
			defer stop()
			for id, runs := range map[string]int{"good": 1, "refused": 2, "panics": 3, "better": 4} {
				if err := k.Create(t.Context(), id, kindtest.Errand{Runs: runs}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Minute)
			for id, want := range map[string]string{"good": "", "better": "", "refused": "the ledger is full", "panics": "panic: the ledger is torn"} {
				r := errandOf(t, k, id)
				if want == "" && r.State != "back" || want != "" && (r.Status != storage.Quarantined || !strings.Contains(r.Reason, want)) {
					t.Errorf("%s is %+v", id, r)
				}
			}
			var rows string
			if err := db.QueryRowContext(t.Context(), "SELECT group_concat(runs, ' ') FROM (SELECT runs FROM done ORDER BY runs)").Scan(&rows); err != nil || rows != "1 4" {
				t.Errorf("the host's rows are %q, %v; want those of the two that came back", rows, err)
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
			k := kindtest.NewErrandKind(t, storeOn(t, db, sqlite.Options{}), nil)
			for _, commit := range []bool{false, true} {
				tx := begin(db)(t)
				inside := k.With(tx.Handle)
				err := errors.Join(
					inside.Create(t.Context(), "a", kindtest.Errand{Runs: 1}, supervision.At("planned")),
					inside.Fire(t.Context(), "a", "ask", nil),
					kindtest.Hint.Deliver(t.Context(), inside, "a", "careful"))
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
				if err != nil || r.State != "back" || !cmp.Equal(r.Data.Heard, []string{"careful"}) {
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
			k := kindtest.NewErrandKind(t, storeOn(t, db, sqlite.Options{}), nil)
			var log strings.Builder
			if err := k.Create(t.Context(), "a", kindtest.Errand{Runs: 1}); err != nil {
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
			if r := errandOf(t, k, "a"); r.Version != 1 {
				t.Errorf("a file that is read-only was written: %+v", r)
			}
			readOnly("OFF")
			time.Sleep(time.Minute)
			stop()
			if r := errandOf(t, k, "a"); r.State != "back" || r.Failures != 0 || len(r.Data.Receipts) != 1 {
				t.Errorf("it is %+v", r)
			}
			if n := strings.Count(log.String(), "\n"); n == 0 || n > 20 {
				t.Errorf("%d lines were logged:\n%s", n, &log)
			}
		})
	})
}
