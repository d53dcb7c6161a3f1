package drivers

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// A queue in a file does all that one in memory does, for two programs that have the file open.
func TestScanQueue(t *testing.T) {
	t.Parallel()
	newPath(t, "") // what it makes for all is not to belong to one bubble
	eachDriver(t, func(t *testing.T, driver string) {
		scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
			path := newPath(t, "")
			another := func() scan.Queue {
				store := storeOn(t, open(t, driver, dsnOf(path)), sqlite.Options{})
				q, err := scan.NewStoreQueue(store, "requests", &scan.StoreQueueOptions{Wait: time.Second})
				if err != nil {
					t.Fatal(err)
				}
				return q
			}
			return scantest.Queues{Queue: another(), Other: another()}
		}, &scantest.QueueOptions{Virtual: true})
	})
}
