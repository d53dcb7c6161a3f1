package drivers

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// TestRefreshingProcess is what other processes do.
func TestRefreshingProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	inventorytest.RefreshingProcess(t, openBackend)
}

func openBackend(t testing.TB, address string) inventorytest.Backend {
	t.Helper()
	driver, path, _ := strings.Cut(address, " ")
	return storeOn(t, open(t, driver, withReferences(path)), sqlite.Options{})
}

func TestKilledRefreshers(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		createTables(t, open(t, driver, withReferences(path)), inventorytest.EstateTables())
		address := addressOf(driver, path)
		inventorytest.RunRefreshers(t, openBackend(t, address), address)
	})
}
