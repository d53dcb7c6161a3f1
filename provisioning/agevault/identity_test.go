package agevault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/provisioning/agevault"
)

func TestGenerate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vault.key")
	if err := agevault.Generate(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v (%v); want 0600", info.Mode(), err)
	}
	if s := string(text); !strings.HasPrefix(s, "# public key: age1pq1") || !strings.Contains(s, "\nAGE-SECRET-KEY-PQ-1") {
		t.Error("the file has no post-quantum key as age-keygen writes it")
	}
	identities, err := agevault.LoadIdentities(path)
	if err != nil {
		t.Fatal(err)
	}
	v := open(t, filepath.Join(filepath.Dir(path), "vault"), identities...)
	put(t, v, bucket, password("xyzzy"))
	holds(t, v, bucket, "xyzzy")

	if err := agevault.Generate(path); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a second time: the error is %v; want that it exists", err)
	}
	if again, err := os.ReadFile(path); err != nil || string(again) != string(text) {
		t.Errorf("generating a second time has changed the file (%v)", err)
	}
}

func TestLoadIdentitiesRefuses(t *testing.T) {
	t.Parallel()
	dir, key := t.TempDir(), classic(t).String()
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"others can read it": {key, 0o644, "lets others in; -rw------- is right"},
		"a group can":        {key, 0o640, "lets others in"},
		"no identity":        {"# nothing\n", 0o600, "no identities"},
		"a damaged one":      {key[:40] + "B" + key[41:], 0o600, "line 1"},
		"a cut one":          {"\n" + key[:50], 0o600, "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := agevault.LoadIdentities(path)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Fatalf("the error is %v; want %q and the path in it", err, c.says)
			}
			if strings.Contains(err.Error(), key[20:30]) {
				t.Errorf("the error %q shows some of the key", err)
			}
		})
	}
	if _, err := agevault.LoadIdentities(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that is not there is no error; it must be")
	}
}
