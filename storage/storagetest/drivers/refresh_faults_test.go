package drivers

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// crowded is a name under which a handle has so little memory that it writes in the middle of a transaction.
func crowded(path string) string { return withReferences(path) + "&_pragma=cache_size(8)" }

// TestSavingProcess is what other processes do.
func TestSavingProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	inventorytest.SavingProcess(t, openInventory)
}

func openInventory(t testing.TB, address string) storage.Inventory {
	t.Helper()
	driver, path, _ := strings.Cut(address, " ")
	return storeOn(t, open(t, driver, crowded(path)), sqlite.Options{})
}

func TestKilledRefresh(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		inventorytest.RunKilled(t, inventorytest.Files{
			New: func(t testing.TB, tables []storage.Table) string {
				t.Helper()
				path := filepath.Join(t.TempDir(), "estate.db")
				createTables(t, open(t, driver, withReferences(path)), tables)
				return addressOf(driver, path)
			},
			Open: openInventory,
		})
	})
}

// eachTrouble lets a refresh be in trouble, with each driver and in each way.
func eachTrouble(t *testing.T, trouble func(t *testing.T, driver string) inventorytest.Trouble) {
	t.Helper()
	eachDriver(t, func(t *testing.T, driver string) {
		for _, planned := range []bool{false, true} {
			t.Run(fmt.Sprintf("planned %t", planned), func(t *testing.T) {
				t.Parallel()
				tr := trouble(t, driver)
				tr.Planned = planned
				tr.Run(t)
			})
		}
	})
}

func TestRefreshOnAFullDisk(t *testing.T) {
	t.Parallel()
	eachTrouble(t, func(t *testing.T, driver string) inventorytest.Trouble {
		t.Helper()
		db := open(t, driver, withReferences(filepath.Join(t.TempDir(), "estate.db")))
		db.SetMaxOpenConns(1)
		createTables(t, db, inventorytest.Tables())
		limit := func(pages int) func(testing.TB) {
			return func(t testing.TB) {
				t.Helper()
				if _, err := db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
					t.Fatal(err)
				}
			}
		}
		return inventorytest.Trouble{
			Store: storeOn(t, db, sqlite.Options{}), Begin: limit(1), End: limit(100_000), // at least what there is
			Says: []string{"refresh: ", "rows of collection", "full"},
		}
	})
}

// A database that another process holds is waited for as long as the handle waits.
func TestRefreshOfALockedFile(t *testing.T) {
	t.Parallel()
	eachTrouble(t, func(t *testing.T, driver string) inventorytest.Trouble {
		t.Helper()
		path := filepath.Join(t.TempDir(), "estate.db")
		db := open(t, driver, strings.Replace(withReferences(path), "busy_timeout(10000)", "busy_timeout(20)", 1))
		createTables(t, db, inventorytest.Tables())
		var release func()
		return inventorytest.Trouble{
			Store: storeOn(t, db, sqlite.Options{}),
			Begin: func(t testing.TB) { t.Helper(); release = inventorytest.Hold(t, addressOf(driver, path)) },
			End:   func(testing.TB) { release() },
			Says:  []string{"refresh: ", "busy timeout", "locked"},
		}
	})
}

func TestRefreshWhoseCommitBreaks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		broken func(driver.Tx) error
		made   bool
		is     error
	}{"made": {made, true, nil}, "lost": {lost, false, errBroken}, "left open": {hanging, false, errBroken}, "made, and nobody answers": {made, true, storage.ErrUnknown}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrouble(t, func(t *testing.T, with string) inventorytest.Trouble {
				t.Helper()
				db, spy := spyOn(t, with, withReferences(filepath.Join(t.TempDir(), "estate.db")))
				db.SetMaxOpenConns(1)
				createTables(t, db, inventorytest.Tables())
				return inventorytest.Trouble{
					Store: storeOn(t, db, sqlite.Options{}), Made: c.made, Is: c.is,
					Begin: func(testing.TB) {
						spy.breakCommits(func(tx driver.Tx) error {
							spy.silence(errors.Is(c.is, storage.ErrUnknown))
							return c.broken(tx)
						})
					},
					End: func(testing.TB) {
						spy.breakCommits(nil)
						spy.silence(false)
					},
				}
			})
		})
	}
}
