package legacy

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// readAccount tells of a user or of a group. The agents do not tell of shells, and neither of a user's own group nor of passwords.
func readAccount(r *reading, e *element) error {
	name, field := e.attrs["name"], "userid"
	if e.name == "group" {
		field = "groupid"
	}
	id, ok := parseNumber(e.attrs[field])
	switch {
	case name == "":
		r.note("", fmt.Errorf("a %s without a name is left out", e.name))
		return nil
	case !ok:
		r.note("", fmt.Errorf("the %s of %s %s is %s, and it is left out; a number is right", field, e.name, quote(name), quote(e.attrs[field])))
		return nil
	case e.name == "group":
		return r.emit("group/"+name, inspect.Group{Name: name, GID: id, Members: ordered(e.names("member_users", "name"))})
	}
	return r.emit("user/"+name, inspect.User{
		Name: name, UID: id, Groups: ordered(e.names("member_of_group", "name")),
		Comment: e.attrs["comment"], Home: e.attrs["homedir"], Password: inspect.PasswordUnknown,
	})
}

// ordered returns names in order, each once.
func ordered(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func writeAccounts(w *writing, items []scan.Item) error {
	w.open("users")
	for _, u := range facts[inspect.User](items, "user/") {
		w.open("user", "name", u.Name, "userid", number(u.UID), "homedir", u.Home, "comment", u.Comment)
		for _, g := range u.Groups {
			w.empty("member_of_group", "name", g)
		}
		w.close("user")
	}
	w.close("users")
	w.open("groups")
	for _, g := range facts[inspect.Group](items, "group/") {
		w.open("group", "name", g.Name, "groupid", number(g.GID))
		for _, m := range g.Members {
			w.empty("member_users", "name", m)
		}
		w.close("group")
	}
	w.close("groups")
	return nil
}

func parseNumber(s string) (n uint32, ok bool) {
	wide, err := strconv.ParseUint(s, 10, 32)
	return uint32(wide), err == nil
}

func number(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
