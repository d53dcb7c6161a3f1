package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// Directories makes directories.
type Directories struct {
	// Root is where they are. It must exist.
	Root string
	// Fill is how long it takes to fill one.
	Fill time.Duration
}

var _ Provisioner = (*Directories)(nil)

func (d *Directories) path(c *provisioning.Call) string { return filepath.Join(d.Root, c.Key) }

// Ensure makes the directory.
func (d *Directories) Ensure(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	if err := os.Mkdir(d.path(&c), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return provisioning.Answer{}, err
	}
	if err := fill(ctx, d.Fill); err != nil {
		return provisioning.Answer{}, err
	}
	return d.answer(&c), nil
}

// Release removes the directory with all that is in it.
func (d *Directories) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return provisioning.Answer{}, os.RemoveAll(d.path(&c))
}

// Find says whether there is the directory.
func (d *Directories) Find(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	_, err := os.Stat(d.path(&c))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return provisioning.Answer{State: provisioning.Missing}, nil
	case err != nil:
		return provisioning.Answer{}, err
	}
	return d.answer(&c), nil
}

// Plan says what Ensure would do.
func (d *Directories) Plan(context.Context, provisioning.Call) (string, error) {
	return "makes a directory in " + d.Root, nil
}

func (d *Directories) answer(c *provisioning.Call) provisioning.Answer {
	return provisioning.Answer{Handle: d.path(c), Attributes: map[string]string{"directory": d.path(c)}}
}

// Keys returns the names of the directories.
func (d *Directories) Keys(context.Context) ([]string, error) {
	entries, err := os.ReadDir(d.Root)
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Name()
	}
	return keys, err
}
