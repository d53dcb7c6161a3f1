package provisioningtest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/provisioningtest"
)

// folders provisions folders, whose names are the keys.
type folders struct{ root string }

func (f folders) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	path := filepath.Join(f.root, c.Key)
	return provisioning.Answer{Handle: path}, os.MkdirAll(path, 0o700)
}

func (f folders) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return provisioning.Answer{}, os.RemoveAll(filepath.Join(f.root, c.Key))
}

func (f folders) Find(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	path := filepath.Join(f.root, c.Key)
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return provisioning.Answer{State: provisioning.Missing}, nil
	}
	return provisioning.Answer{Handle: path}, err
}

// foldersHarness is all that the test of a provisioner needs.
var foldersHarness = provisioningtest.Harness{
	New: func(t testing.TB) provisioningtest.Subject {
		t.Helper()
		root := t.TempDir()
		return provisioningtest.Subject{
			Provisioner: folders{root},
			Open:        func() provisioning.Provisioner { return folders{root} },
			Count: func(_ context.Context, key string) (int, error) {
				there, err := filepath.Glob(filepath.Join(root, key+"*"))
				return len(there), err
			},
		}
	},
}

func TestFolders(t *testing.T) {
	t.Parallel()
	provisioningtest.TestProvisioner(t, foldersHarness)
}

// The test of a provisioner is a few lines.
func ExampleTestProvisioner() {
	var t *testing.T // the test's own

	provisioningtest.TestProvisioner(t, foldersHarness)
}

// A world makes what it is asked for, sooner or later.
func ExampleWorld() {
	ctx := context.Background()
	next := 0
	world := provisioningtest.NewWorld(func(n int) int { next++; return next % n }, nil) // as a seed would say, or a supervisiontest.Sim
	call := provisioning.Call{Request: "transfer-7", Resource: "bucket", Key: "k", Goal: provisioning.Present}
	for {
		a, err := world.Ensure(ctx, call)
		if err == nil && a.State == provisioning.Done {
			fmt.Println("it is", a.State)
			break
		}
	}
	fmt.Println(world.Count(ctx, "k"))
	fmt.Println(world.Err())
	// Output:
	// it is done
	// 1 <nil>
	// <nil>
}
