package jobtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
)

// disks are what is attached: a file for each that is there, and one for each that may not come again.
type disks struct{ dir string }

func (d disks) path(key, of string) string { return filepath.Join(d.dir, url.PathEscape(key)+of) }

// Mounts implements [scan.Mounter].
func (d disks) Mounts(t scan.Target) ([]provisioning.Spec, error) {
	return []provisioning.Spec{{ID: "disk", Type: "disk"}}, nil
}

// Ensure implements [provisioning.Provisioner].
func (d disks) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	answer := provisioning.Answer{Handle: d.path(c.Key, ".there")}
	if _, err := os.Stat(d.path(c.Key, ".gone")); err == nil {
		return answer, nil
	}
	return answer, touch(answer.Handle)
}

// Release implements [provisioning.Provisioner].
func (d disks) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	if err := touch(d.path(c.Key, ".gone")); err != nil {
		return provisioning.Answer{}, err
	}
	err := os.Remove(d.path(c.Key, ".there"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return provisioning.Answer{}, err
}

func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o600)
}

// Open implements [scan.Opener]: an agent finds the target's id, if the disk is attached.
func (d disks) Open(_ context.Context, t scan.Target, attached map[string]provisioning.Known) (fs.FS, func() error, error) {
	if _, err := os.Stat(attached["disk"].Handle); err != nil {
		return nil, nil, fmt.Errorf("the disk of %s is not attached: %w", t.ID, err)
	}
	return fstest.MapFS{"id": {Data: []byte(t.ID)}}, func() error { return nil }, nil
}

// left returns what is attached.
func (d disks) left() ([]string, error) { return filepath.Glob(filepath.Join(d.dir, "*.there")) }

// marks tell of one category, what the target's id is, and take a while.
type marks struct{ category string }

func (m marks) Name() string         { return "marks-" + m.category }
func (m marks) Version() string      { return "1" }
func (m marks) Categories() []string { return []string{m.category} }

func (m marks) Scan(ctx context.Context, in scan.Input, emit scan.Emit) error {
	id, err := in.Tree.ReadFile("id")
	if err != nil {
		return err
	}
	select {
	case <-time.After(rand.N(60 * time.Millisecond)):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return emit(m.category, string(id))
}

// A host takes results over: a line for each time.
type host struct{ dir string }

func (h host) path(job string) string { return filepath.Join(h.dir, job) }

func (h host) save(_ context.Context, r scan.Report) error {
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(h.path(r.Job), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s %s %v\n", r.Target.ID, r.Outcome, digests(r))
	return errors.Join(err, file.Close())
}

func digests(r scan.Report) (all []scan.Digest) {
	for _, one := range r.Results {
		all = append(all, one.Digest)
	}
	return all
}

// saved returns what was taken over of a job, each time.
func (h host) saved(job string) ([]string, error) {
	data, err := os.ReadFile(h.path(job))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n"), err
}
