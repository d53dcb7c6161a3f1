//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os/user"
	"strconv"
	"syscall"
)

// servant returns the user that programs run as, nil for the one that this process is: PostgreSQL and
// PgBouncer refuse to run as root.
func servant(uid int) (*syscall.Credential, error) {
	if uid != 0 {
		return nil, nil
	}
	return firstOf("postgres", "nobody")
}

func firstOf(names ...string) (*syscall.Credential, error) {
	var missing []error
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("pgtest: the number of user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("pgtest: the group of user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("pgtest: PostgreSQL does not run as root, and there is no other user for it: %w", errors.Join(missing...))
}
