package natslock_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/reeve-go/reeve/examples/backend/natslock"
	"github.com/reeve-go/reeve/examples/backend/natslock/natsserver"
	"github.com/reeve-go/reeve/storage"
)

// The next lock on a record is newer than what the store has seen, whoever had it before.
func ExampleLocker() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "natslock-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	server, err := natsserver.Start(folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Stop()
	conn, err := server.Connect()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	bucket, err := natsserver.Bucket(ctx, conn, "locks")
	if err != nil {
		fmt.Println(err)
		return
	}
	locker, err := natslock.New(bucket)
	if err != nil {
		fmt.Println(err)
		return
	}
	key := storage.Key{Kind: "node", ID: "n-17"}
	held, err := locker.TryLock(ctx, key, 41, time.Minute)
	fmt.Println(held.Lease().Token, err)
	_, err = locker.TryLock(ctx, key, 41, time.Minute)
	fmt.Println(errors.Is(err, storage.ErrLocked))
	fmt.Println(held.Unlock(ctx))
	// Output:
	// 42 <nil>
	// true
	// <nil>
}
