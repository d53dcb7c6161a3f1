package agevault

import (
	"context"
	"errors"
	"os"
)

// Lock locks a vault's folder, as another program does that changes it.
func Lock(ctx context.Context, dir string) (unlock func() error, err error) {
	folder, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	unlock, err = lock(ctx, folder)
	return unlock, errors.Join(err, folder.Close())
}
