package scantest_test

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A store in memory is the queue that can do everything.
func TestQueueInMemory(t *testing.T) {
	t.Parallel()
	scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
		store := memory.New(nil)
		return scantest.Queues{Queue: queueOn(t, store), Other: queueOn(t, store)}
	}, &scantest.QueueOptions{Virtual: true})
}

func queueOn(t testing.TB, store storage.Store) *scan.StoreQueue {
	t.Helper()
	q, err := scan.NewStoreQueue(store, "requests", &scan.StoreQueueOptions{Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return q
}
