package storage_test

import (
	"errors"
	"testing"

	"github.com/reeve-go/reeve/storage"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		expected, there uint64
		token, newest   storage.Token
		want            error
	}{
		{"creation", 0, 0, 0, 0, nil},
		{"order", 3, 3, 0, 7, nil},
		{"turn", 3, 3, 7, 7, nil},
		{"turn under a host's lock", 3, 3, 9, 7, nil},
		{"absent", 3, 0, 0, 0, storage.ErrNotFound},
		{"present", 0, 3, 0, 0, storage.ErrExists},
		{"another version", 2, 3, 0, 0, storage.ErrConflict},
		{"another version and an old lease", 2, 3, 6, 7, storage.ErrLeaseLost},
		{"old lease", 3, 3, 6, 7, storage.ErrLeaseLost},
	} {
		change := storage.Change{Key: storage.Key{Kind: "node", ID: "a"}, Version: c.expected, Token: c.token}
		if err := change.Guard(c.there, c.newest); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
