package provisioningtest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/reeve-go/reeve/provisioning"
)

// vaultContenders has some who write, read, delete and list what all do, and keep something that is theirs alone.
func vaultContenders(s *vaultScene) {
	const contenders, rounds = 6, 20
	shared := []secretKey{keyOf("transfer-7", "shared", 1), keyOf("transfer-7", "shared", 2)}
	keys := slices.Clone(shared)
	for i := range contenders {
		keys = append(keys, keyOf("transfer-7", "own", i))
	}
	var all sync.WaitGroup
	for i := range contenders {
		all.Go(func() {
			for round := range rounds {
				err := errors.Join(
					s.vault.Put(s.ctx, shared[round%2], twins(i, round)),
					s.vault.Put(s.ctx, keys[len(shared)+i], twins(i, round)),
					s.seesTwins(shared[0]), s.seesTwins(shared[1]),
					s.seesOnly(keys))
				if round%contenders == i {
					err = errors.Join(err, s.vault.Delete(s.ctx, shared[0]))
				}
				if err != nil {
					s.Errorf("while others write: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	for i := range contenders {
		s.holds(keys[len(shared)+i], twins(i, rounds-1))
	}
}

// twins are two secrets that are alike.
func twins(i, round int) secrets {
	value := fmt.Appendf(nil, "contender %d, round %d", i, round)
	return secrets{"one": {Value: value}, "two": {Value: slices.Clone(value)}}
}

// seesTwins returns an error if what is kept is a mixture of what was put.
func (s *vaultScene) seesTwins(key secretKey) error {
	got, err := s.vault.Get(s.ctx, key)
	if errors.Is(err, provisioning.ErrNoSecret) {
		return nil // somebody has just deleted it
	} else if err != nil {
		return fmt.Errorf("Get of %v: %w; it must succeed, or be ErrNoSecret", key, err)
	}
	if d := difference(got, secrets{"one": got["one"], "two": got["one"]}); d != "" {
		return fmt.Errorf("Get of %v: %s; it must return what one of them put", key, d)
	}
	return nil
}

func (s *vaultScene) seesOnly(keys []secretKey) error {
	for key, err := range s.vault.Keys(s.ctx) {
		if err != nil {
			return fmt.Errorf("Keys: %w; it must succeed", err)
		}
		if !slices.Contains(keys, key) {
			return fmt.Errorf("Keys lists %v, under which nobody has put something", key)
		}
	}
	return nil
}
