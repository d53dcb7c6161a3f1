package provisioningtest

import (
	"context"
	"iter"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/reeve-go/reeve/internal/recordtest"
	"github.com/reeve-go/reeve/provisioning"
)

// A brokenVault is a vault of which each method can be replaced.
type brokenVault struct {
	put    func(secretKey, secrets) error
	get    func(secretKey) (secrets, error)
	delete func(secretKey) error
	keys   func(yield func(secretKey, error) bool)
	opened func(*brokenVault) provisioning.Vault // opens it again
}

func (b *brokenVault) Put(_ context.Context, key secretKey, s secrets) error { return b.put(key, s) }
func (b *brokenVault) Get(_ context.Context, key secretKey) (secrets, error) { return b.get(key) }
func (b *brokenVault) Delete(_ context.Context, key secretKey) error         { return b.delete(key) }
func (b *brokenVault) Keys(context.Context) iter.Seq2[secretKey, error]      { return b.keys }

// newBrokenVault returns one that breaks nothing yet.
func newBrokenVault() *brokenVault {
	var v provisioning.MemoryVault
	ctx := context.Background()
	return &brokenVault{
		put:    func(key secretKey, s secrets) error { return v.Put(ctx, key, s) },
		get:    func(key secretKey) (secrets, error) { return v.Get(ctx, key) },
		delete: func(key secretKey) error { return v.Delete(ctx, key) },
		keys:   v.Keys(ctx),
		opened: func(b *brokenVault) provisioning.Vault { return b },
	}
}

// renames has it keep everything under other keys.
func (b *brokenVault) renames(as func(secretKey) secretKey) {
	put, get, del := b.put, b.get, b.delete
	b.put = func(key secretKey, s secrets) error { return put(as(key), s) }
	b.get = func(key secretKey) (secrets, error) { return get(as(key)) }
	b.delete = func(key secretKey) error { return del(as(key)) }
}

// alters has it keep something else of each secret.
func (b *brokenVault) alters(by func(name *string, s *provisioning.Secret)) {
	put := b.put
	b.put = func(key secretKey, s secrets) error {
		altered := secrets{}
		for name, secret := range s {
			by(&name, &secret)
			altered[name] = secret
		}
		return put(key, altered)
	}
}

// A vaultMutant breaks one thing.
type vaultMutant struct {
	name string
	// law is the one that must tell. Others may.
	law    string
	breaks func(*brokenVault)
}

func vaultMutants() []vaultMutant {
	return slices.Concat(vaultCallMutants(), vaultKeyMutants(), vaultValueMutants())
}

// TestVaultMutants shows that the suite is worth something: each thing that a vault can get wrong is told by the law
// that is named for it.
func TestVaultMutants(t *testing.T) {
	t.Parallel()
	var byRandom atomic.Int32
	mutants := vaultMutants()
	t.Run("all", func(t *testing.T) {
		t.Parallel()
		for _, m := range mutants {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				told := false
				for _, law := range vaultLaws() {
					switch law.name {
					case m.law:
						told = m.tells(t, law)
					case randomLaw:
						if m.tells(t, law) {
							byRandom.Add(1)
						}
					}
				}
				if !told {
					t.Errorf("%q finds nothing wrong; it must", m.law)
				}
			})
		}
	})
	t.Cleanup(func() { t.Logf("of %d mutants random operations told %d", len(mutants), byRandom.Load()) })
}

func TestEveryVaultLawTells(t *testing.T) {
	t.Parallel()
	named := map[string]bool{randomLaw: true} // it is named for none, and tells many
	for _, m := range vaultMutants() {
		named[m.law] = true
	}
	for _, law := range vaultLaws() {
		if !named[law.name] {
			t.Errorf("no mutant breaks %q; one must", law.name)
		}
	}
}

const randomLaw = "random operations do what a map does"

// tells reports whether a law fails on the mutant.
func (m vaultMutant) tells(t *testing.T, law vaultLaw) bool {
	t.Helper()
	k := vaultKit{
		open: func(testing.TB) provisioning.Vault {
			b := newBrokenVault()
			m.breaks(b)
			return b
		},
		reopen: func(_ testing.TB, v provisioning.Vault) provisioning.Vault {
			if b, ok := v.(*brokenVault); ok {
				return b.opened(b)
			}
			return v
		},
	}
	r := &recordtest.Recorder{TB: t}
	r.Run(func() { law.check(k.scene(r)) })
	return r.Failed()
}
