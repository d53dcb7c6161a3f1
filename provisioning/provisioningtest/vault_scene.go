package provisioningtest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/provisioning"
)

// A vaultScene is what a law plays in: an empty vault.
type vaultScene struct {
	rapid.TB // who is told: the test, or one check of the random ones
	vaultKit

	ctx   context.Context
	test  testing.TB
	vault provisioning.Vault
}

// A vaultKit is what the suite is given.
type vaultKit struct {
	open   func(t testing.TB) provisioning.Vault
	reopen func(t testing.TB, v provisioning.Vault) provisioning.Vault
}

func (k vaultKit) scene(t testing.TB) *vaultScene {
	t.Helper()
	s := &vaultScene{TB: t, vaultKit: k, ctx: t.Context(), test: t, vault: k.open(t)}
	if s.vault == nil {
		t.Fatal("provisioningtest: the function that opens a vault has returned none")
	}
	return s
}

// reopened is the scene with its vault opened once more.
func (s *vaultScene) reopened() *vaultScene {
	s.Helper()
	if s.reopen == nil {
		s.Skip("the vault cannot be opened again: VaultOptions.Reopen is nil")
	}
	again := *s
	again.vault = s.reopen(s.test, s.vault)
	return &again
}

type (
	secretKey = provisioning.SecretKey
	secrets   = provisioning.Secrets
)

func keyOf(request, resource string, generation int) secretKey {
	return secretKey{Request: request, Resource: resource, Generation: generation}
}

var bucket = keyOf("transfer-7", "bucket", 1)

// password is a secret of a text.
func password(text string) secrets { return secrets{"password": {Value: []byte(text)}} }

func (s *vaultScene) put(key secretKey, what secrets) {
	s.Helper()
	if err := s.vault.Put(s.ctx, key, what); err != nil {
		s.Fatalf("Put of %v: %v; it must succeed", key, err)
	}
}

func (s *vaultScene) delete(key secretKey) {
	s.Helper()
	if err := s.vault.Delete(s.ctx, key); err != nil {
		s.Fatalf("Delete of %v: %v; it must succeed, whether there is something or not", key, err)
	}
}

// holds demands that just these secrets are kept under the key, and returns what it got.
func (s *vaultScene) holds(key secretKey, want secrets) secrets {
	s.Helper()
	got, err := s.vault.Get(s.ctx, key)
	if err != nil {
		s.Fatalf("Get of %v: %v; it must return what was put", key, err)
	}
	if d := difference(got, want); d != "" {
		s.Fatalf("Get of %v: %s; it must return what was put", key, d)
	}
	return got
}

// lacks demands that nothing is kept under the key.
func (s *vaultScene) lacks(key secretKey) {
	s.Helper()
	if got, err := s.vault.Get(s.ctx, key); !errors.Is(err, provisioning.ErrNoSecret) {
		s.Fatalf("Get of %v, under which nothing is kept, returned %d secrets and the error %v; the error must be ErrNoSecret", key, len(got), err)
	}
}

// lists demands that these keys are listed, in any order.
func (s *vaultScene) lists(want ...secretKey) {
	s.Helper()
	var got []secretKey
	for key, err := range s.vault.Keys(s.ctx) {
		if err != nil {
			s.Fatalf("Keys: %v; it must succeed", err)
		}
		got = append(got, key)
	}
	slices.SortFunc(got, compareKeys)
	want = slices.SortedFunc(slices.Values(want), compareKeys)
	if !slices.Equal(got, want) {
		s.Fatalf("Keys lists %v; it must list %v", got, want)
	}
}

func compareKeys(a, b secretKey) int {
	return cmp.Or(cmp.Compare(a.Request, b.Request), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Generation, b.Generation))
}

// difference says what differs; empty: nothing does. That nil is not empty, and where a time is read, is no difference.
func difference(got, want secrets) string {
	if len(got) != len(want) {
		return fmt.Sprintf("there are %d secrets, not %d", len(got), len(want))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		g, ok := got[name]
		w := want[name]
		switch {
		case !ok:
			return fmt.Sprintf("there is no %q", name)
		case !bytes.Equal(g.Value, w.Value):
			return fmt.Sprintf("the value of %q is %s, not %s", name, shown(g.Value), shown(w.Value))
		case g.Expires.IsZero() != w.Expires.IsZero() || g.Expires.Sub(w.Expires).Abs() >= time.Microsecond:
			return fmt.Sprintf("%q expires at %v, not at %v", name, g.Expires, w.Expires)
		}
	}
	return ""
}

func shown(value []byte) string {
	if len(value) > 40 {
		return fmt.Sprintf("%q… (%d bytes)", value[:40], len(value))
	}
	return fmt.Sprintf("%q", value)
}
