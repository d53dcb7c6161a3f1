package drivers

import (
	"context"
	"database/sql"
	"testing"

	"github.com/reeve-go/reeve/internal/requesttest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// Requests keep their promises on files, whatever goes wrong.
func TestSimulatedRequests(t *testing.T) {
	t.Parallel()
	newPath(t, "") // what it makes for all is not to belong to one simulation
	eachDriver(t, func(t *testing.T, driver string) {
		requesttest.Sample(t, func(ctx context.Context) storage.Store {
			db, err := sql.Open(driver, dsnOf(newPath(t, "")))
			if err != nil {
				t.Error(err)
			}
			context.AfterFunc(ctx, func() { _ = db.Close() })
			s, err := sqlite.New(ctx, db, &unhurried)
			if err != nil {
				t.Error(err)
			}
			return s
		})
	})
}

// TestProvisioningProcess is what other processes do.
func TestProvisioningProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	requesttest.ProvisioningProcess(t, openAddress)
}

func TestKilledProvisioners(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := newPath(t, "")
		store := storeOn(t, open(t, driver, dsnOf(path)), sqlite.Options{})
		requesttest.Live(t, store, addressOf(driver, path), 2)
	})
}
