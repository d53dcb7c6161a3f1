package agevault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// lockFile is what is locked while the folder is changed. It stays there, empty.
const lockFile = "lock"

var errLocked = errors.New("another has the lock")

// lock locks the folder for all who have it open, here and in other programs. It is held for a moment only, and is free when
// a program ends in whatever way.
func lock(ctx context.Context, folder *os.Root) (unlock func() error, err error) {
	f, err := folder.OpenFile(lockFile, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	wait := time.NewTimer(0)
	defer wait.Stop()
	for d := time.Millisecond; ; d = min(2*d, 20*time.Millisecond) {
		if err = ctx.Err(); err == nil {
			err = tryLock(f)
		}
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, errors.Join(fmt.Errorf("lock the folder %s: %w", folder.Name(), err), f.Close())
		}
		wait.Reset(d)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
	}
}
