package postgres_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/internal/requesttest"
	"github.com/reeve-go/reeve/storage/postgres"
)

// TestProvisioningProcess is what other processes do.
func TestProvisioningProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	requesttest.ProvisioningProcess(t, openAddress)
}

func TestKilledProvisioners(t *testing.T) {
	t.Parallel()
	url := inNoHurry(pgtest.URL(t))
	pool := poolOn(t, url)
	o := dropped(t, pool, postgres.Options{})
	requesttest.Live(t, storeOn(t, pool, o), o.Schema+" "+url, 3)
}
