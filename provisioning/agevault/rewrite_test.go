package agevault_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/reeve-go/reeve/provisioning"
)

// A new identity is added, everything is written anew, and the old one is left away.
func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	v, dir, old := newVault(t)
	put(t, v, bucket, password("xyzzy"))
	put(t, v, cellar, password("plugh"))
	next := hybrid(t)

	both := open(t, dir, next, old)
	holds(t, both, bucket, "xyzzy")
	put(t, both, cellar, password("plover"))
	if _, err := v.Get(t.Context(), cellar); err == nil {
		t.Error("who has the old identity alone can read what was put with the new one first")
	}
	alone := open(t, dir, next)
	if _, err := alone.Get(t.Context(), bucket); err == nil {
		t.Error("who has the new identity alone can read what was not written anew")
	}

	if err := both.Rewrite(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, alone, bucket, "xyzzy")
	holds(t, alone, cellar, "plover")
	if keys, err := listed(t, alone); err != nil || len(keys) != 2 {
		t.Errorf("Keys lists %v and ends with %v; want two keys", keys, err)
	}
	var none *age.NoIdentityMatchError
	if _, err := v.Get(t.Context(), bucket); !errors.As(err, &none) {
		t.Errorf("the old identity alone: the error is %v; want that no identity fits", err)
	}
}

// Secrets that are put or deleted while everything is written anew stay as they are.
func TestRewriteBesideOthers(t *testing.T) {
	t.Parallel()
	v, dir, identity := newVault(t)
	const writers, rounds = 3, 30
	key := func(i int) provisioning.SecretKey {
		return provisioning.SecretKey{Request: "transfer-7", Resource: "bucket", Generation: i}
	}
	var writing, rewriting sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		other := open(t, dir, identity)
		rewriting.Go(func() {
			for {
				if err := other.Rewrite(t.Context()); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range writers {
		writing.Go(func() {
			for round := range rounds {
				text := fmt.Sprint(round)
				put := v.Put(t.Context(), key(i), password(text))
				got, get := v.Get(t.Context(), key(i))
				if err := errors.Join(put, get); err != nil || string(got["password"].Value) != text {
					t.Errorf("the password is %q (%v); %q was just put", got["password"].Value, err, text)
				}
				if round%3 == 2 {
					err := v.Delete(t.Context(), key(i))
					if _, get := v.Get(t.Context(), key(i)); err != nil || !errors.Is(get, provisioning.ErrNoSecret) {
						t.Errorf("after it was deleted (%v) the error is %v; want that there is no secret", err, get)
					}
				}
			}
			if err := v.Put(t.Context(), key(i), password("last")); err != nil {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	close(done)
	rewriting.Wait()
	for i := range writers {
		holds(t, v, key(i), "last")
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	v, _, _ := newVault(t)
	put(t, v, bucket, password("xyzzy"))
	err := v.Put(t.Context(), bucket, password(strings.Repeat("x", 1<<20)))
	if err == nil || !strings.Contains(err.Error(), "at most 1048576 are right") {
		t.Errorf("the error is %v; want one that says what is right", err)
	}
	holds(t, v, bucket, "xyzzy")
}
