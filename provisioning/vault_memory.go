package provisioning

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
)

// A MemoryVault is a [Vault] that forgets with the process: for tests, and for secrets that can be made again. The zero
// value is empty and ready. It is safe for concurrent use, what it is given and what it returns are copies, and it ignores contexts.
type MemoryVault struct {
	mu   sync.Mutex
	kept map[SecretKey]Secrets
}

var _ Vault = (*MemoryVault)(nil)

// Put keeps a copy of the secrets. It never fails.
func (v *MemoryVault) Put(_ context.Context, key SecretKey, s Secrets) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.kept == nil {
		v.kept = map[SecretKey]Secrets{}
	}
	v.kept[key] = s.clone()
	return nil
}

// Get returns a copy of what is kept, or [ErrNoSecret].
func (v *MemoryVault) Get(_ context.Context, key SecretKey) (Secrets, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.kept[key]
	if !ok {
		return nil, fmt.Errorf("provisioning: %w: nothing is kept for %v", ErrNoSecret, key)
	}
	return s.clone(), nil
}

// Delete forgets what is kept. It never fails.
func (v *MemoryVault) Delete(_ context.Context, key SecretKey) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.kept, key)
	return nil
}

// Keys yields the keys that there are when it begins. It never fails, and the vault can be used meanwhile.
func (v *MemoryVault) Keys(context.Context) iter.Seq2[SecretKey, error] {
	return func(yield func(SecretKey, error) bool) {
		for _, key := range v.keys() {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func (v *MemoryVault) keys() []SecretKey {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Collect(maps.Keys(v.kept))
}

func (s Secrets) clone() Secrets {
	c := make(Secrets, len(s))
	for name, secret := range s {
		secret.Value = bytes.Clone(secret.Value)
		c[name] = secret
	}
	return c
}
