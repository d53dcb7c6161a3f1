package postgres_test

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A queue on a server does all that one in memory does, for two programs, by the server's clock.
func TestScanQueue(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	pool, elsewhere := poolOn(t, url), poolOn(t, url)
	scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
		o := dropped(t, pool, postgres.Options{})
		here, there := storeOn(t, pool, o), storeOn(t, elsewhere, o)
		queue := func(store *postgres.Store) scan.Queue {
			q, err := scan.NewStoreQueue(store, "requests", &scan.StoreQueueOptions{Wait: 20 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			return q
		}
		return scantest.Queues{Queue: queue(here), Other: queue(there), Pass: standingClock(t, pool, o.Schema)}
	}, nil)
}
