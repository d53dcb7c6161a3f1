package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
)

// snapshot is the one resource that a job needs, and its type: where there are volumes, it is one made from a snapshot. Here it is a folder with a link to
// the target, which is there for as long as the job goes on.
const snapshot = "snapshot"

// link is the link in a snapshot's folder.
const link = "root"

// A mounter says that every target needs a snapshot.
type mounter struct{}

func (mounter) Mounts(t scan.Target) ([]provisioning.Spec, error) {
	var ref scan.DirRef
	if err := json.Unmarshal(t.Ref, &ref); err != nil {
		return nil, err
	}
	return []provisioning.Spec{{ID: snapshot, Type: snapshot, Config: ref}}, nil
}

// A snapshotter makes snapshots in a folder, one a key.
type snapshotter struct{ root string }

func (s *snapshotter) path(c *provisioning.Call) string { return filepath.Join(s.root, c.Key) }

// Ensure implements [provisioning.Provisioner].
func (s *snapshotter) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	var ref scan.DirRef
	if err := c.Into(&ref); err != nil {
		return provisioning.Answer{}, err
	}
	if _, err := os.Stat(ref.Path); errors.Is(err, fs.ErrNotExist) {
		return provisioning.Answer{}, provisioning.Fatal(err)
	}
	err := os.MkdirAll(s.path(&c), 0o700)
	if err == nil {
		err = os.Symlink(ref.Path, filepath.Join(s.path(&c), link))
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil // an earlier call made it
	}
	return provisioning.Answer{Handle: s.path(&c)}, err
}

// Release implements [provisioning.Provisioner]. The link is removed, and not what it leads to.
func (s *snapshotter) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return provisioning.Answer{}, os.RemoveAll(s.path(&c))
}

// A snapshotOpener opens targets by their snapshots.
type snapshotOpener struct{ dirs *scan.DirOpener }

// Open implements [scan.Opener].
func (s *snapshotOpener) Open(ctx context.Context, t scan.Target, attached map[string]provisioning.Known) (fs.FS, func() error, error) {
	path, err := os.Readlink(filepath.Join(attached[snapshot].Handle, link))
	if err != nil {
		return nil, nil, err
	}
	if t.Ref, err = json.Marshal(scan.DirRef{Path: path}); err != nil {
		return nil, nil, err
	}
	return s.dirs.Open(ctx, t, nil)
}
