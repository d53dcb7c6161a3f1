package kindtest

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// An Outside is a folder with a file for each idempotency key that was honored. Any number of processes
// may use it.
type Outside string

// Honor does what an effect stands for, unless that was done before. Either way it takes a while, before
// and after. The receipt is the key.
func (o Outside) Honor(ctx context.Context, c supervision.Call, _ string) (receipt string, err error) {
	if err := linger(ctx); err != nil {
		return "", err
	}
	f, err := os.OpenFile(filepath.Join(string(o), c.Key), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return c.Key, linger(ctx) // whoever is killed here leaves behind what nobody was told of
}

func linger(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(rand.N(15 * time.Millisecond)):
		return nil
	}
}

// Keys returns the keys that were honored, in alphabetical order.
func (o Outside) Keys(t testing.TB) (keys []string) {
	t.Helper()
	entries, err := os.ReadDir(string(o))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		keys = append(keys, e.Name())
	}
	return keys
}
