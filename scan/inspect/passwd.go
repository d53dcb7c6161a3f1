package inspect

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-go/reeve/internal/category"
)

// accountLine returns the fields of a line of passwd, group or shadow; nil: it has none, which was noted if it should have.
func accountLine(l *lines, fields int) [][]byte {
	line := bytes.TrimSpace(l.text)
	if len(line) == 0 || line[0] == '#' {
		return nil
	}
	if line[0] == '+' || line[0] == '-' {
		l.notef("asks the network (NIS) for accounts, which are not in these files")
		return nil
	}
	f := bytes.Split(line, []byte(":"))
	if len(f) != fields {
		l.notef("has %d fields in place of %d", len(f), fields)
		return nil
	}
	if len(f[0]) == 0 || len(f[0]) > category.MaxName {
		l.notef("has no name, or one of more than %d bytes", category.MaxName)
		return nil
	}
	return f
}

// id reads the number of a user or group.
func id(l *lines, field []byte) (uint32, bool) {
	n, err := strconv.ParseUint(string(field), 10, 32)
	if err != nil {
		l.notef("has no number from 0 to 4294967295 where the id should be")
	}
	return uint32(n), err == nil
}

func parsePasswd(l *lines) []User {
	var users []User
	seen := map[string]bool{}
	for l.next() {
		f := accountLine(l, 7)
		if f == nil {
			continue
		}
		uid, ok := id(l, f[2])
		if !ok {
			continue
		}
		gid, ok := id(l, f[3])
		if !ok {
			continue
		}
		u := User{Name: category.Text(f[0]), UID: uid, GID: gid, Comment: category.Text(f[4]), Home: category.Text(f[5]), Shell: category.Text(f[6])}
		if u.Password = password(f[1]); string(f[1]) == "x" {
			u.Password = PasswordUnknown // it is in the shadow
		}
		once(l, seen, u.Name, "user")
		users = append(users, u)
	}
	return users
}

func parseGroup(l *lines) []Group {
	var groups []Group
	seen := map[string]bool{}
	for l.next() {
		f := accountLine(l, 4)
		if f == nil {
			continue
		}
		gid, ok := id(l, f[2])
		if !ok {
			continue
		}
		g := Group{Name: category.Text(f[0]), GID: gid}
		for m := range bytes.SplitSeq(f[3], []byte(",")) {
			if m = bytes.TrimSpace(m); len(m) > 0 {
				g.Members = append(g.Members, category.Text(m))
			}
		}
		once(l, seen, g.Name, "group")
		groups = append(groups, g)
	}
	return groups
}

// shadow is what may be told of a line of the shadow file.
type shadow struct {
	password         Password
	changed, expires string
	mustChange       bool
}

func parseShadow(l *lines) map[string]shadow {
	shadows := map[string]shadow{}
	for l.next() {
		f := accountLine(l, 9)
		if f == nil {
			continue
		}
		name := category.Text(f[0])
		if _, doubled := shadows[name]; doubled {
			l.notef("is of a user that was there before") // and what came first is what counts
			continue
		}
		shadows[name] = shadow{password: password(f[1]), changed: day(l, f[2]), expires: day(l, f[7]), mustChange: string(f[2]) == "0"}
	}
	return shadows
}

// password says how a password is, by the field that has its hash.
func password(field []byte) Password {
	unlocked := bytes.TrimLeft(field, "!")
	switch {
	case len(field) == 0:
		return PasswordNone
	case !isHash(unlocked):
		return PasswordDisabled
	case len(unlocked) < len(field):
		return PasswordLocked
	default:
		return PasswordSet
	}
}

// isHash reports whether a password can have that hash: a modern one, the extended one of BSD, or the first one of Unix.
func isHash(field []byte) bool {
	return bytes.HasPrefix(field, []byte("$")) || len(field) == 20 && field[0] == '_' || len(field) == 13
}

// day reads a date that is given as days since 1970; a negative one stands for never.
func day(l *lines, field []byte) string {
	if len(field) == 0 || strings.HasPrefix(string(field), "-") {
		return ""
	}
	n, err := strconv.Atoi(string(field))
	if err != nil || n > 2_932_896 { // the end of the year 9999
		l.notef("has no number of days where a date should be")
		return ""
	}
	return time.Unix(0, 0).UTC().AddDate(0, 0, n).Format(time.DateOnly)
}

// once notes a name that was there before.
func once(l *lines, seen map[string]bool, name, what string) {
	if seen[name] {
		l.notef("is of a %s that was there before", what)
	}
	seen[name] = true
}
