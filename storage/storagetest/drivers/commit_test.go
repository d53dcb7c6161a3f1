package drivers

import (
	"database/sql/driver"
	"errors"
	"path/filepath"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

var errBroken = errors.New("the connection broke")

// made commits and says that it failed; lost rolls back and says so.
func made(tx driver.Tx) error { return errors.Join(tx.Commit(), errBroken) }
func lost(tx driver.Tx) error { return errors.Join(tx.Rollback(), errBroken) }

// hanging neither commits nor rolls back.
func hanging(driver.Tx) error { return errBroken }

func TestOutcomeOfABrokenCommit(t *testing.T) {
	t.Parallel()
	key := storage.Key{Kind: "node", ID: "a"}
	lines := []storage.Line{{To: "new"}}
	for name, c := range map[string]struct {
		broken func(driver.Tx) error
		lines  []storage.Line
		made   bool
	}{
		"made, with a line":        {made, lines, true},
		"made, without a line":     {made, nil, true},
		"lost, with a line":        {lost, lines, false},
		"lost, without a line":     {lost, nil, false},
		"left open, with a line":   {hanging, lines, false},
		"left open, without lines": {hanging, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driver string) {
				db, spy := spyOn(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
				db.SetMaxOpenConns(1)
				store := storeOn(t, db, sqlite.Options{})
				apply(t, store, storage.Change{Key: key, Record: storage.Record{State: "old"}, Lines: c.lines})

				spy.breakCommits(c.broken)
				order := storage.Change{Key: key, Version: 1, Record: storage.Record{State: "new"}, Lines: c.lines}
				answers, err := store.Apply(t.Context(), []storage.Change{order})
				spy.breakCommits(nil)

				want := "old"
				if c.made {
					want = "new"
				}
				if got := load(t, store, key).State; got != want {
					t.Errorf("the record is in state %q, want %q", got, want)
				}
				switch {
				case c.made && (err != nil || answers[0] != nil):
					t.Errorf("what was made was called failed: %v, %v", answers, err)
				case !c.made && !errors.Is(err, errBroken):
					t.Errorf("what was not made was answered with %v, %v; want the driver's error", answers, err)
				}
				// The store goes on, on the same connection.
				next := order
				next.Version, next.Record.State = load(t, store, key).Version, "next"
				apply(t, store, next)
			})
		})
	}
}

// apply applies changes that are right.
func apply(t testing.TB, store storage.Store, changes ...storage.Change) {
	t.Helper()
	answers, err := store.Apply(t.Context(), changes)
	if err = errors.Join(append(answers, err)...); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, store storage.Store, key storage.Key) storage.Snapshot {
	t.Helper()
	found, err := store.Load(t.Context(), []storage.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return found[0]
}
