package machine

import (
	"context"
	"fmt"
	"iter"
	"os/user"
	"strconv"
	"strings"
)

// A User is one of /etc/passwd; those of a directory such as LDAP are not there.
type User struct {
	Name string
	UID  uint32
	// GID is the user's own group.
	GID  uint32
	Home string
	// Shell is empty where the system does not tell.
	Shell string
}

// A Group is one of /etc/group.
type Group struct {
	Name string
	GID  uint32
	// Members are names of users, beside those whose own group it is.
	Members []string
}

// Users yields the users. In a targeted reading there are none: processes point at those that are known.
func (r *Reading) Users(ctx context.Context) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		if r.only != nil {
			return
		}
		if r.Root == nil {
			if u, err := whoRuns(); err != nil || yield(u, nil) {
				yield(User{}, fmt.Errorf("%w of other users than the one who runs this", ErrNotTold))
			}
			return
		}
		for fields, err := range r.accounts(ctx, "etc/passwd", 7) {
			if err != nil {
				yield(User{}, err)
				return
			}
			uid, okUID := number(fields[2])
			gid, okGID := number(fields[3])
			if okUID && okGID && !yield(User{printable(fields[0]), uid, gid, printable(fields[5]), printable(fields[6])}, nil) {
				return
			}
		}
	}
}

// Groups yields the groups. In a targeted reading there are none.
func (r *Reading) Groups(ctx context.Context) iter.Seq2[Group, error] {
	return func(yield func(Group, error) bool) {
		if r.only != nil {
			return
		}
		for fields, err := range r.accounts(ctx, "etc/group", 4) {
			if err != nil {
				yield(Group{}, err)
				return
			}
			gid, ok := number(fields[2])
			if !ok {
				continue
			}
			g := Group{Name: printable(fields[0]), GID: gid}
			for name := range strings.SplitSeq(fields[3], ",") {
				if name != "" {
					g.Members = append(g.Members, printable(name))
				}
			}
			if !yield(g, nil) {
				return
			}
		}
	}
}

// accounts yields the fields of the lines of a file. What the C library passes over is left out: comments, lines
// with too few fields, and + or -, which stand for what is elsewhere.
func (m *Machine) accounts(ctx context.Context, file string, n int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for line, err := range m.lines(ctx, file) {
			fields := strings.Split(line, ":")
			if err == nil && (len(fields) < n || fields[0] == "" || strings.ContainsAny(fields[0][:1], "#+-")) {
				continue
			}
			if !yield(fields, err) {
				return
			}
		}
	}
}

func number(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil
}

// whoRuns returns the user of the program itself.
func whoRuns() (User, error) {
	u, err := user.Current()
	if err != nil {
		return User{}, err
	}
	uid, okUID := number(u.Uid)
	gid, okGID := number(u.Gid)
	if !okUID || !okGID {
		return User{}, fmt.Errorf("user %s has no number", u.Username)
	}
	return User{Name: printable(u.Username), UID: uid, GID: gid, Home: printable(u.HomeDir)}, nil
}
