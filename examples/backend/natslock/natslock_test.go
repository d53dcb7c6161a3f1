package natslock_test

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/reeve-go/reeve/examples/backend/natslock"
	"github.com/reeve-go/reeve/examples/backend/natslock/natsserver"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/storagetest"
)

const bucket = "locks"

// start starts a server that ends with the test.
func start(t testing.TB) *natsserver.Server {
	t.Helper()
	s, err := natsserver.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// another returns a locker on a connection of its own.
func another(t testing.TB, s *natsserver.Server) (*natslock.Locker, *nats.Conn) {
	t.Helper()
	conn, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	locks, err := natsserver.Bucket(context.WithoutCancel(t.Context()), conn, bucket)
	if err != nil {
		t.Fatal(err)
	}
	l, err := natslock.New(locks)
	if err != nil {
		t.Fatal(err)
	}
	return l, conn
}

// The one call that a locker has to pass.
func TestLocker(t *testing.T) {
	t.Parallel()
	storagetest.RunLocker(t, storagetest.LockerHarness{New: func(t testing.TB) storagetest.LockerBackend {
		s := start(t)
		l, conn := another(t, s)
		return storagetest.LockerBackend{
			Locker: l,
			Open: func(t testing.TB) storage.Locker {
				l, _ := another(t, s)
				return l
			},
			Forget: func() {
				if err := natsserver.Forget(t.Context(), conn, bucket); err != nil {
					t.Fatal(err)
				}
			},
		}
	}})
}
