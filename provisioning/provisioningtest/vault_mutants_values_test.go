package provisioningtest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// vaultValueMutants keep something else than they are given.
func vaultValueMutants() []vaultMutant {
	return []vaultMutant{
		{"trims names", "every name of a secret is kept", func(b *brokenVault) {
			b.alters(func(name *string, _ *provisioning.Secret) { *name = strings.TrimSpace(*name) })
		}},
		{"does not keep the unnamed", "every name of a secret is kept", func(b *brokenVault) {
			put := b.put
			b.put = func(key secretKey, s secrets) error {
				s = maps.Clone(s)
				delete(s, "")
				return put(key, s)
			}
		}},
		{"trims values", "values are any bytes", func(b *brokenVault) {
			b.alters(func(_ *string, s *provisioning.Secret) { s.Value = bytes.TrimSpace(s.Value) })
		}},
		{"does not keep empty values", "values are any bytes", func(b *brokenVault) {
			put := b.put
			b.put = func(key secretKey, s secrets) error {
				s = maps.Clone(s)
				maps.DeleteFunc(s, func(_ string, secret provisioning.Secret) bool { return len(secret.Value) == 0 })
				return put(key, s)
			}
		}},
		{"does not keep nothing", "no secrets are kept, too", func(b *brokenVault) {
			put, del := b.put, b.delete
			b.put = func(key secretKey, s secrets) error {
				if len(s) == 0 {
					return del(key)
				}
				return put(key, s)
			}
		}},
		{"cuts large values off", "the largest answer is kept", func(b *brokenVault) {
			b.alters(func(_ *string, s *provisioning.Secret) { s.Value = s.Value[:min(len(s.Value), 32<<10)] })
		}},
		{"keeps no time", "a secret expires when it did", func(b *brokenVault) {
			b.alters(func(_ *string, s *provisioning.Secret) { s.Expires = time.Time{} })
		}},
		{"keeps a time to the millisecond", "a secret expires when it did", func(b *brokenVault) {
			b.alters(func(_ *string, s *provisioning.Secret) { s.Expires = s.Expires.Truncate(time.Millisecond) })
		}},
		{"keeps a time without its zone", "a secret expires when it did", func(b *brokenVault) {
			b.alters(func(_ *string, s *provisioning.Secret) {
				_, offset := s.Expires.Zone()
				s.Expires = s.Expires.Add(time.Duration(offset) * time.Second).UTC()
			})
		}},
		{"keeps no time for no time", "a secret expires when it did", func(b *brokenVault) {
			b.alters(func(_ *string, s *provisioning.Secret) {
				if s.Expires.IsZero() {
					s.Expires = time.Unix(0, 0)
				}
			})
		}},
		{"keeps what it was given", "what is given is copied", func(b *brokenVault) {
			given := &aliasing{kept: map[secretKey]secrets{}}
			b.put = given.put
			b.get = func(key secretKey) (secrets, error) { s, err := given.get(key); return cloned(s), err }
			b.delete, b.keys = given.delete, given.keys
		}},
		{"gives what it keeps", "what is returned is a copy", func(b *brokenVault) {
			given := &aliasing{kept: map[secretKey]secrets{}}
			b.put = func(key secretKey, s secrets) error { return given.put(key, cloned(s)) }
			b.get, b.delete, b.keys = given.get, given.delete, given.keys
		}},
		{"shows secrets in errors", "errors show no secrets", func(b *brokenVault) {
			put := b.put
			b.put = func(key secretKey, s secrets) error {
				for name, secret := range s {
					if secret.Expires.Year() > 9999 {
						return fmt.Errorf("secret %q=%q does not expire in a year that can be written", name, secret.Value)
					}
				}
				return put(key, s)
			}
		}},
	}
}

// An aliasing vault copies nothing.
type aliasing struct {
	mu   sync.Mutex
	kept map[secretKey]secrets
}

func (a *aliasing) put(key secretKey, s secrets) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kept[key] = s
	return nil
}

func (a *aliasing) get(key secretKey) (secrets, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.kept[key]
	if !ok {
		return nil, provisioning.ErrNoSecret
	}
	return s, nil
}

func (a *aliasing) delete(key secretKey) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.kept, key)
	return nil
}

func (a *aliasing) keys(yield func(secretKey, error) bool) {
	a.mu.Lock()
	keys := slices.Collect(maps.Keys(a.kept))
	a.mu.Unlock()
	for _, key := range keys {
		if !yield(key, nil) {
			return
		}
	}
}

func cloned(s secrets) secrets {
	c := secrets{}
	for name, secret := range s {
		secret.Value = bytes.Clone(secret.Value)
		c[name] = secret
	}
	return c
}
