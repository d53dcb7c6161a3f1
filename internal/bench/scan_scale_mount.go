package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
)

const mountType = "mount"

// Mounts are what is attached: a file each. Every tenth target needs one.
type mounts struct{ dir string }

var (
	_ scan.Mounter             = mounts{}
	_ provisioning.Provisioner = mounts{}
)

// Mounts implements [scan.Mounter].
func (mounts) Mounts(t scan.Target) ([]provisioning.Spec, error) {
	var ref scan.DirRef
	if err := json.Unmarshal(t.Ref, &ref); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(ref.Path, "0") {
		return nil, nil
	}
	return []provisioning.Spec{{ID: "mount", Type: mountType}}, nil
}

func (m mounts) file(key string) string { return filepath.Join(m.dir, url.PathEscape(key)) }

// Ensure implements [provisioning.Provisioner].
func (m mounts) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return provisioning.Answer{Handle: m.file(c.Key)}, os.WriteFile(m.file(c.Key), nil, 0o600)
}

// Release implements [provisioning.Provisioner].
func (m mounts) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	err := os.Remove(m.file(c.Key))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return provisioning.Answer{}, err
}
