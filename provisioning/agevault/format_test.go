package agevault_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/agevault"
)

// What an earlier version has written can be read, under the name that it gave the file.
func TestFormat(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "vault")
	if err := os.CopyFS(dir, os.DirFS("testdata/written")); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/written.key")
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(filepath.Dir(dir), "key")
	if err := os.WriteFile(keyFile, key, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	identities, err := agevault.LoadIdentities(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	v := open(t, dir, identities...)
	want := provisioning.SecretKey{Request: "transfer-7/\xff", Resource: "bücket", Generation: 2}
	keys, err := listed(t, v)
	if err != nil || len(keys) != 1 || keys[0] != want {
		t.Errorf("Keys lists %v and ends with %v; want %v", keys, err, want)
	}
	got, err := v.Get(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(provisioning.Secrets{
		"password": {Value: []byte("xyzzy\x00\xff"), Expires: time.Date(2031, 5, 6, 7, 8, 9, 123_456_789, time.UTC)},
		"empty":    {},
	}, got); d != "" {
		t.Errorf("the secrets differ (-want +got):\n%s", d)
	}
}
