package storage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Who waited for a lease for longer than it lasts gets a context that is about to end.
func TestKeeperIsGivenALeaseWhoseTimeIsUp(t *testing.T) {
	t.Parallel()
	k := storage.NewKeeper(&leases{})
	for range 20_000 {
		work, done := k.Keep(t.Context(), lease("a"), time.Now().Add(-time.Minute))
		<-work.Done()
		if cause := context.Cause(work); !errors.Is(cause, storage.ErrLeaseLost) {
			t.Fatalf("the context ended with %v, want the lease lost", cause)
		}
		done()
	}
}
