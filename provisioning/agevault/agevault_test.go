package agevault_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/agevault"
	"github.com/reeve-go/reeve/provisioning/provisioningtest"
)

var bucket = provisioning.SecretKey{Request: "transfer-7", Resource: "bucket", Generation: 1}

func password(text string) provisioning.Secrets {
	return provisioning.Secrets{"password": {Value: []byte(text)}}
}

// classic returns a new identity of the kind whose files are small.
func classic(t testing.TB) *age.X25519Identity {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func hybrid(t testing.TB) *age.HybridIdentity {
	t.Helper()
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func open(t testing.TB, dir string, identities ...age.Identity) *agevault.Vault {
	t.Helper()
	v, err := agevault.Open(dir, identities, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// newVault returns an empty vault, the folder it is in, and its identity.
func newVault(t testing.TB) (*agevault.Vault, string, age.Identity) {
	t.Helper()
	dir, identity := filepath.Join(t.TempDir(), "vault"), classic(t)
	return open(t, dir, identity), dir, identity
}

func put(t testing.TB, v *agevault.Vault, key provisioning.SecretKey, s provisioning.Secrets) {
	t.Helper()
	if err := v.Put(t.Context(), key, s); err != nil {
		t.Fatal(err)
	}
}

func holds(t testing.TB, v *agevault.Vault, key provisioning.SecretKey, text string) {
	t.Helper()
	s, err := v.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(s["password"].Value); got != text {
		t.Fatalf("the password of %v is %q; want %q", key, got, text)
	}
}

// listed returns the keys that a vault lists, and the error it ends with.
func listed(t testing.TB, v *agevault.Vault) (keys []provisioning.SecretKey, err error) {
	t.Helper()
	for key, e := range v.Keys(t.Context()) {
		if e != nil {
			return keys, e
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// entries returns the paths of the files that have entries.
func entries(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.age"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestVault(t *testing.T) {
	t.Parallel()
	for name, identity := range map[string]age.Identity{"classic": classic(t), "post-quantum": hybrid(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The suite opens a vault again by its folder.
			var folders sync.Map
			provisioningtest.TestVault(t, func(t testing.TB) provisioning.Vault {
				t.Helper()
				dir := filepath.Join(t.TempDir(), "vault")
				v := open(t, dir, identity)
				folders.Store(v, dir)
				return v
			}, &provisioningtest.VaultOptions{Reopen: func(t testing.TB, v provisioning.Vault) provisioning.Vault {
				t.Helper()
				dir, _ := folders.Load(v)
				again := open(t, dir.(string), identity)
				folders.Store(again, dir)
				return again
			}})
		})
	}
}

// Whoever gets the folder finds neither secrets nor keys in it, and all entries of a size alike.
func TestFolderShowsNothing(t *testing.T) {
	t.Parallel()
	v, dir, _ := newVault(t)
	put(t, v, bucket, provisioning.Secrets{"canary-name": {Value: []byte("canary-value")}})
	put(t, v, provisioning.SecretKey{Request: "transfer-7", Resource: "bucket", Generation: 2}, password(strings.Repeat("canary-value", 40)))
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 0 {
			sizes = append(sizes, len(text))
		}
		for _, word := range []string{"canary", "transfer-7", "bucket", "Y2FuYXJ5"} { // the last is canary in base64
			if bytes.Contains(text, []byte(word)) || strings.Contains(file.Name(), word) {
				t.Errorf("%s shows %q", file.Name(), word)
			}
		}
		if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v (%v); want 0600", file.Name(), info.Mode(), err)
		}
	}
	if slices.Sort(sizes); len(sizes) != 2 || sizes[0] != sizes[1] {
		t.Errorf("the files have the sizes %v; two that are equal are right", sizes)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %v; want 0700", info.Mode())
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	mine, other, quantum := classic(t), classic(t), hybrid(t)
	dir := t.TempDir() // others may look into it
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir        string
		identities []age.Identity
		recipients []age.Recipient
		says       string
	}{
		"no identity":        {dir + "/new", nil, []age.Recipient{mine.Recipient()}, "at least one is needed"},
		"an unknown sort":    {dir + "/new", []age.Identity{foreign{mine}}, nil, "Options.Recipients"},
		"nobody can read it": {dir + "/new", []age.Identity{mine}, []age.Recipient{other.Recipient()}, "no identity can read"},
		"a mixture":          {dir + "/new", []age.Identity{mine}, []age.Recipient{mine.Recipient(), quantum.Recipient()}, "post-quantum"},
		"no recipients":      {dir + "/new", []age.Identity{mine}, []age.Recipient{}, "no recipients"},
		"an open folder":     {dir, []age.Identity{mine}, nil, "lets others in; -rwx------ is right"},
		"a file":             {file, []age.Identity{mine}, nil, "file"},
		"no parent":          {dir + "/a/b", []age.Identity{mine}, nil, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := agevault.Open(c.dir, c.identities, &agevault.Options{Recipients: c.recipients})
			if err == nil {
				t.Fatal("Open succeeds; it must not", v.Close())
			}
			if !strings.HasPrefix(err.Error(), "agevault: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %q; want %q in it", err, c.says)
			}
			if strings.HasSuffix(c.dir, "/new") {
				if _, err := os.Stat(c.dir); !errors.Is(err, fs.ErrNotExist) {
					t.Error("Open has made the folder; it must not before it knows that the keys are good")
				}
			}
		})
	}
}

// foreign is an identity of a sort that the package does not know.
type foreign struct{ age.Identity }

// An identity of a sort that is not known goes with recipients that are given.
func TestForeignIdentity(t *testing.T) {
	t.Parallel()
	identity := classic(t)
	v, err := agevault.Open(t.TempDir()+"/vault", []age.Identity{foreign{identity}}, &agevault.Options{
		Recipients: []age.Recipient{classic(t).Recipient(), identity.Recipient()},
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, v, bucket, password("xyzzy"))
	holds(t, v, bucket, "xyzzy")
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}
