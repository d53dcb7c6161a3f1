package agevault_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/agevault"
)

var cellar = provisioning.SecretKey{Request: "transfer-8", Resource: "cellar", Generation: 3}

// What is in a file that cannot be read is neither given out nor taken for nothing, and all others are still there.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	sealed := func(identity age.Identity, text string) []byte {
		var out bytes.Buffer
		w, err := age.Encrypt(&out, identity.(*age.X25519Identity).Recipient())
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write([]byte(text))
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for name, c := range map[string]struct {
		damage func(text, other []byte, identity age.Identity) []byte
		says   string
	}{
		"cut off":         {func(text, _ []byte, _ age.Identity) []byte { return text[:len(text)-1] }, ""},
		"cut off early":   {func(text, _ []byte, _ age.Identity) []byte { return text[:100] }, ""},
		"longer":          {func(text, _ []byte, _ age.Identity) []byte { return append(text, 0) }, ""},
		"empty":           {func([]byte, []byte, age.Identity) []byte { return nil }, ""},
		"another bit":     {func(text, _ []byte, _ age.Identity) []byte { text[len(text)/2] ^= 1; return text }, ""},
		"another header":  {func(text, _ []byte, _ age.Identity) []byte { text[60] ^= 1; return text }, ""},
		"not encrypted":   {func([]byte, []byte, age.Identity) []byte { return []byte(`{"key":{"request":"YQ=="}}`) }, ""},
		"another's place": {func(_, other []byte, _ age.Identity) []byte { return other }, `it is the entry of "transfer-8"/"cellar"/3`},
		"not for us":      {func([]byte, []byte, age.Identity) []byte { return sealed(classic(t), "{}") }, "did not match any of the recipients"},
		"no entry": {func(_, _ []byte, identity age.Identity) []byte {
			return sealed(identity, `{"secrets":[{"value":"canary"}]}`)
		}, "no entry of a vault"},
		"no JSON": {func(_, _ []byte, identity age.Identity) []byte { return sealed(identity, "canary") }, "no entry of a vault"},
		"endless": {func(_, _ []byte, identity age.Identity) []byte {
			return sealed(identity, strings.Repeat(" ", 2<<20))
		}, "which no entry has"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, dir, identity := newVault(t)
			put(t, v, bucket, password("xyzzy"))
			path := entries(t, dir)[0]
			put(t, v, cellar, password("plugh"))
			all := entries(t, dir)
			others := all[0]
			if others == path {
				others = all[1]
			}
			mine, err := os.ReadFile(path)
			other, err2 := os.ReadFile(others)
			damaged := c.damage(mine, other, identity)
			if err := errors.Join(err, err2, os.WriteFile(path, damaged, 0o600)); err != nil {
				t.Fatal(err)
			}
			names := func(what string, err error) {
				t.Helper()
				switch {
				case err == nil, errors.Is(err, provisioning.ErrNoSecret):
					t.Fatalf("%s: the error is %v; it must say that a file is damaged", what, err)
				case !strings.Contains(err.Error(), path), !strings.Contains(err.Error(), c.says):
					t.Errorf("%s: the error is %q; want the path %s and %q in it", what, err, path, c.says)
				case strings.Contains(err.Error(), "canary"):
					t.Errorf("%s: the error %q shows what is in the file", what, err)
				}
			}

			_, err = v.Get(t.Context(), bucket)
			names("Get", err)
			keys, err := listed(t, v)
			names("Keys", err)
			if len(keys) != 1 || keys[0] != cellar {
				t.Errorf("Keys lists %v; want %v, which can be read", keys, cellar)
			}
			names("Rewrite", v.Rewrite(t.Context()))
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, damaged) {
				t.Errorf("Rewrite has changed the file that it could not read (%v)", err)
			}
			holds(t, v, cellar, "plugh")

			put(t, v, bucket, password("new"))
			holds(t, v, bucket, "new")
			if keys, err := listed(t, v); err != nil || len(keys) != 2 {
				t.Errorf("when it was put anew, Keys lists %v and fails with %v", keys, err)
			}
		})
	}
}

func TestErrorCountsDamagedFiles(t *testing.T) {
	t.Parallel()
	v, dir, _ := newVault(t)
	for i := range 4 {
		put(t, v, provisioning.SecretKey{Request: "transfer-7", Resource: "bucket", Generation: i}, password("xyzzy"))
	}
	for _, path := range entries(t, dir)[:3] {
		if err := os.Truncate(path, 10); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := listed(t, v)
	if len(keys) != 1 || err == nil || !strings.Contains(err.Error(), "(and 2 more)") {
		t.Errorf("Keys lists %v and ends with %v; want one, and an error that counts three", keys, err)
	}
}

// What a program that was killed has left is removed, but not what one may still be writing, nor what is not ours.
func TestOpenSweeps(t *testing.T) {
	t.Parallel()
	v, dir, identity := newVault(t)
	put(t, v, bucket, password("xyzzy"))
	hours := func(n int) time.Time { return time.Now().Add(-time.Duration(n) * time.Hour) }
	for name, c := range map[string]time.Time{"OLD.new": hours(2), "YOUNG.new": hours(0), "README": hours(9), "a.age": hours(9)} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte("half"), 0o600), os.Chtimes(path, c, c)); err != nil {
			t.Fatal(err)
		}
	}
	v = open(t, dir, identity)
	for name, want := range map[string]bool{"OLD.new": false, "YOUNG.new": true, "README": true, "a.age": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %v; want %v", name, err == nil, want)
		}
	}
	holds(t, v, bucket, "xyzzy")
	if keys, err := listed(t, v); err != nil || len(keys) != 1 {
		t.Errorf("Keys lists %v and ends with %v; want one key", keys, err)
	}
}

// Every wait ends with its context, and nothing is changed then.
func TestCanceled(t *testing.T) {
	t.Parallel()
	v, dir, _ := newVault(t)
	put(t, v, bucket, password("xyzzy"))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, getErr := v.Get(canceled, bucket)
	var keysErr error
	for _, keysErr = range v.Keys(canceled) {
		continue
	}
	for what, err := range map[string]error{
		"Put":     v.Put(canceled, bucket, password("new")),
		"Get":     getErr,
		"Delete":  v.Delete(canceled, bucket),
		"Keys":    keysErr,
		"Rewrite": v.Rewrite(canceled),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a canceled context: the error is %v", what, err)
		}
	}
	holds(t, v, bucket, "xyzzy")
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("there are %v (%v); want an entry and the lock", files, err)
	}
}

func TestLockedFolder(t *testing.T) {
	t.Parallel()
	v, dir, _ := newVault(t)
	unlock, err := agevault.Lock(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := v.Put(ctx, bucket, password("xyzzy")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Put while another has the lock: %v; it must wait until the context ends", err)
	}
	_, err = v.Get(t.Context(), bucket)
	if !errors.Is(err, provisioning.ErrNoSecret) {
		t.Errorf("Get while another has the lock: %v; nothing was put, and reading needs no lock", err)
	}
	time.AfterFunc(10*time.Millisecond, func() {
		if err := unlock(); err != nil {
			t.Error(err)
		}
	})
	put(t, v, bucket, password("xyzzy"))
	holds(t, v, bucket, "xyzzy")
}
