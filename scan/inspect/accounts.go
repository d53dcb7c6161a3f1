package inspect

import (
	"context"
	"slices"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

const (
	passwdFile = "etc/passwd"
	groupFile  = "etc/group"
	shadowFile = "etc/shadow"
)

// A User is a user account.
type User struct {
	Name string `json:"name"`
	UID  uint32 `json:"uid"`
	GID  uint32 `json:"gid"`
	// Group is the name of the group of GID, if there is one; Groups are those that list the user.
	Group  string   `json:"group,omitempty"`
	Groups []string `json:"groups,omitempty"`
	// Comment is the field that mostly has the full name.
	Comment string `json:"comment,omitempty"`
	Home    string `json:"home,omitempty"`
	Shell   string `json:"shell,omitempty"`
	// Password is how the user's password is; the password itself is never told, nor anything made from it.
	Password Password `json:"password"`
	// Changed is the day on which the password was last changed, Expires the day from which the account cannot be used, as 2006-01-02. MustChange: at
	// the next login.
	Changed    string `json:"changed,omitempty"`
	Expires    string `json:"expires,omitempty"`
	MustChange bool   `json:"must_change,omitempty"`
}

// A Password says how an account's password is.
type Password string

// How passwords are.
const (
	// PasswordSet: there is one.
	PasswordSet Password = "set"
	// PasswordLocked: there is one, but it is not accepted.
	PasswordLocked Password = "locked"
	// PasswordDisabled: none is accepted.
	PasswordDisabled Password = "disabled"
	// PasswordNone: none is needed.
	PasswordNone Password = "none"
	// PasswordUnknown: it is kept elsewhere, and was not found there.
	PasswordUnknown Password = "unknown"
)

// A Group is a group of users.
type Group struct {
	Name string `json:"name"`
	GID  uint32 `json:"gid"`
	// Members are those that the group lists, and those whose own group it is, in order.
	Members []string `json:"members,omitempty"`
}

// Accounts returns the scanner of accounts: "user/NAME" with a [User] and "group/NAME" with a [Group]. It has no configuration.
func Accounts() scan.Scanner {
	return category.NewScanner(category.Spec{Of: "inspect", Category: "accounts", Version: "1", Scan: scanAccounts, Scope: fixed(passwdFile, groupFile, shadowFile)})
}

func scanAccounts(_ context.Context, in scan.Input, emit scan.Emit) error {
	var (
		users   []User
		groups  []Group
		shadows = map[string]shadow{}
	)
	if _, err := parse(in.Tree, passwdFile, maxTable, func(l *lines) error { users = parsePasswd(l); return nil }); err != nil {
		return err
	}
	if _, err := parse(in.Tree, groupFile, maxTable, func(l *lines) error { groups = parseGroup(l); return nil }); err != nil {
		return err
	}
	if _, err := parse(in.Tree, shadowFile, maxTable, func(l *lines) error { shadows = parseShadow(l); return nil }); err != nil {
		return err
	}
	return emitAccounts(users, groups, shadows, emit)
}

func emitAccounts(users []User, groups []Group, shadows map[string]shadow, emit scan.Emit) error {
	join(users, groups)
	keys := namer{}
	for _, u := range users {
		if s, ok := shadows[u.Name]; ok && u.Password == PasswordUnknown {
			u.Password, u.Changed, u.Expires, u.MustChange = s.password, s.changed, s.expires, s.mustChange
		}
		key, _ := keys.key("user/" + u.Name)
		if err := emit(key, u); err != nil {
			return err
		}
	}
	for _, g := range groups {
		key, _ := keys.key("group/" + g.Name)
		if err := emit(key, g); err != nil {
			return err
		}
	}
	return nil
}

// join tells users of their groups, and groups of their users.
func join(users []User, groups []Group) {
	listed := map[string][]string{}
	first := map[uint32]int{}
	for i, g := range groups {
		if _, doubled := first[g.GID]; !doubled {
			first[g.GID] = i
		}
		for _, m := range g.Members {
			listed[m] = append(listed[m], g.Name)
		}
	}
	for i := range users {
		u := &users[i]
		u.Groups = sorted(listed[u.Name])
		if g, ok := first[u.GID]; ok {
			u.Group = groups[g].Name
			groups[g].Members = append(groups[g].Members, u.Name)
		}
	}
	for i := range groups {
		groups[i].Members = sorted(groups[i].Members)
	}
}

// sorted returns the names in order, each once.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
