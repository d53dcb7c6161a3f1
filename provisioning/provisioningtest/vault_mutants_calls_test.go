package provisioningtest

import (
	"errors"
	"maps"
	"runtime"
	"sync/atomic"

	"github.com/reeve-go/reeve/provisioning"
)

// vaultCallMutants do something else than they are told.
func vaultCallMutants() []vaultMutant {
	return []vaultMutant{
		{"keeps nothing", "what is put is there", func(b *brokenVault) { b.put = func(secretKey, secrets) error { return nil } }},
		{"gives what is not there", "a new vault is empty", func(b *brokenVault) {
			get := b.get
			b.get = func(key secretKey) (secrets, error) {
				s, err := get(key)
				if errors.Is(err, provisioning.ErrNoSecret) {
					return secrets{}, nil
				}
				return s, err
			}
		}},
		{"says otherwise that nothing is there", "a new vault is empty", func(b *brokenVault) {
			get := b.get
			b.get = func(key secretKey) (secrets, error) {
				s, err := get(key)
				if err != nil {
					return nil, errors.New("not found")
				}
				return s, nil
			}
		}},
		{"adds to what was there", "putting replaces all that was there", func(b *brokenVault) {
			put, get := b.put, b.get
			b.put = func(key secretKey, s secrets) error {
				all, err := get(key)
				if err != nil {
					return put(key, s)
				}
				maps.Copy(all, s)
				return put(key, all)
			}
		}},
		{"puts once", "putting replaces all that was there", func(b *brokenVault) {
			put, get := b.put, b.get
			b.put = func(key secretKey, s secrets) error {
				if _, err := get(key); err == nil {
					return nil
				}
				return put(key, s)
			}
		}},
		{"gives it once", "what is put is there", func(b *brokenVault) {
			get, del := b.get, b.delete
			b.get = func(key secretKey) (secrets, error) {
				s, err := get(key)
				return s, errors.Join(err, del(key))
			}
		}},
		{"never deletes", "deleting removes, and twice is no error", func(b *brokenVault) { b.delete = func(secretKey) error { return nil } }},
		{"deletes only what is there", "deleting removes, and twice is no error", func(b *brokenVault) {
			get, del := b.get, b.delete
			b.delete = func(key secretKey) error {
				_, err := get(key)
				return errors.Join(err, del(key))
			}
		}},
		{"deletes those of the resource", "secrets of one key are no other's", func(b *brokenVault) {
			keys, del := b.keys, b.delete
			b.delete = func(key secretKey) error {
				for k, err := range keys {
					if err == nil && k.Request == key.Request && k.Resource == key.Resource {
						_ = del(k)
					}
				}
				return nil
			}
		}},
		{"writes secrets one after another", "contenders see whole secrets, and lose none", func(b *brokenVault) {
			put := b.put
			b.put = func(key secretKey, s secrets) error {
				half := maps.Clone(s)
				delete(half, "two")
				err := put(key, half)
				runtime.Gosched()
				return errors.Join(err, put(key, s))
			}
		}},
		{"writes all that it has read", "contenders see whole secrets, and lose none", func(b *brokenVault) {
			var all atomic.Pointer[map[secretKey]secrets] // as a file that holds everything
			all.Store(&map[secretKey]secrets{})
			change := func(by func(map[secretKey]secrets)) error {
				read := maps.Clone(*all.Load())
				by(read)
				runtime.Gosched()
				all.Store(&read)
				return nil
			}
			b.put = func(key secretKey, s secrets) error {
				return change(func(m map[secretKey]secrets) { m[key] = cloned(s) })
			}
			b.delete = func(key secretKey) error { return change(func(m map[secretKey]secrets) { delete(m, key) }) }
			b.get = func(key secretKey) (secrets, error) {
				a := aliasing{kept: *all.Load()}
				s, err := a.get(key)
				return cloned(s), err
			}
			b.keys = func(yield func(secretKey, error) bool) { a := aliasing{kept: *all.Load()}; a.keys(yield) }
		}},
		{"forgets when it is opened again", "what was kept is there when it is opened again", func(b *brokenVault) {
			b.opened = func(*brokenVault) provisioning.Vault { return newBrokenVault() }
		}},
		{"reads only when it is opened", "who has it open sees what others do", func(b *brokenVault) {
			b.opened = func(b *brokenVault) provisioning.Vault {
				again := newBrokenVault()
				for key, err := range b.keys {
					s, _ := b.get(key)
					_ = errors.Join(err, again.put(key, s))
				}
				return again
			}
		}},
	}
}
