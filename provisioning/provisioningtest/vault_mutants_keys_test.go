package provisioningtest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// vaultKeyMutants mistake keys, or list others.
func vaultKeyMutants() []vaultMutant {
	return []vaultMutant{
		{"does not look at the generation", "secrets of one key are no other's", func(b *brokenVault) {
			b.renames(func(k secretKey) secretKey { k.Generation = 1; return k })
		}},
		{"joins the parts of a key", "secrets of one key are no other's", func(b *brokenVault) {
			b.renames(func(k secretKey) secretKey {
				request, resource, _ := strings.Cut(k.Request+"/"+k.Resource, "/")
				return keyOf(request, resource, k.Generation)
			})
		}},
		{"does not tell cases apart", "every key that a resource can have is kept", func(b *brokenVault) {
			b.renames(func(k secretKey) secretKey {
				return keyOf(strings.ToLower(k.Request), strings.ToLower(k.Resource), k.Generation)
			})
		}},
		{"cleans paths", "every key that a resource can have is kept", func(b *brokenVault) {
			b.renames(func(k secretKey) secretKey {
				return keyOf(strings.ReplaceAll(k.Request, "//", "/"), k.Resource, k.Generation)
			})
		}},
		{"cuts long keys off", "every key that a resource can have is kept", func(b *brokenVault) {
			b.renames(func(k secretKey) secretKey {
				return keyOf(k.Request[:min(len(k.Request), 500)], k.Resource, k.Generation)
			})
		}},
		{"cuts keys off at a zero byte", "a key is kept as it is or refused", func(b *brokenVault) {
			b.renames(func(k secretKey) secretKey {
				k.Request, _, _ = strings.Cut(k.Request, "\x00")
				return k
			})
		}},
		{"keeps keys as JSON does", "a key is kept as it is or refused", func(b *brokenVault) {
			b.renames(func(k secretKey) secretKey {
				return keyOf(strings.ToValidUTF8(k.Request, "\ufffd"), strings.ToValidUTF8(k.Resource, "\ufffd"), k.Generation)
			})
		}},
		{"keeps what it refuses", "a key is kept as it is or refused", func(b *brokenVault) {
			put := b.put
			b.put = func(key secretKey, s secrets) error {
				err := put(key, s)
				if len(key.Request) > 1000 {
					return errors.Join(err, errors.New("too long"))
				}
				return err
			}
		}},
		{"lists a hundred", "all keys are listed, and no others", func(b *brokenVault) {
			keys := b.keys
			b.keys = func(yield func(secretKey, error) bool) {
				n := 0
				for key, err := range keys {
					if n++; n > 100 || !yield(key, err) {
						return
					}
				}
			}
		}},
		{"lists twice", "all keys are listed, and no others", func(b *brokenVault) {
			keys := b.keys
			b.keys = func(yield func(secretKey, error) bool) {
				for range 2 {
					keys(yield)
				}
			}
		}},
		{"lists what was deleted", "all keys are listed, and no others", func(b *brokenVault) {
			var mu sync.Mutex
			seen, put := map[secretKey]bool{}, b.put
			b.put = func(key secretKey, s secrets) error {
				mu.Lock()
				defer mu.Unlock()
				seen[key] = true
				return put(key, s)
			}
			b.keys = func(yield func(secretKey, error) bool) {
				mu.Lock()
				keys := slices.Collect(maps.Keys(seen))
				mu.Unlock()
				for _, key := range keys {
					if !yield(key, nil) {
						return
					}
				}
			}
		}},
		{"goes on listing", "a listing can be left, and what it lists deleted", func(b *brokenVault) {
			keys := b.keys
			b.keys = func(yield func(secretKey, error) bool) {
				for key, err := range keys {
					yield(key, err)
				}
			}
		}},
		{"is busy while it lists", "a listing can be left, and what it lists deleted", func(b *brokenVault) {
			var listing atomic.Int32
			keys, del := b.keys, b.delete
			b.keys = func(yield func(secretKey, error) bool) {
				listing.Add(1)
				defer listing.Add(-1)
				keys(yield)
			}
			b.delete = func(key secretKey) error {
				if listing.Load() > 0 {
					return errors.New("busy")
				}
				return del(key)
			}
		}},
	}
}
