package main

import "github.com/reeve-go/reeve/refresh"

// What is kept of a machine. Each struct is a row of a table in tables.sql; members of groups have one of their own.

// A User is a user.
type User struct {
	Name  string             `reeve:"name,key"`
	UID   uint32             `reeve:"uid,index=by_uid"`
	Group refresh.Ref[Group] `reeve:"group_id"` // the user's own
	Home  string             `reeve:"home"`
	Shell string             `reeve:"shell"`
}

// A Group is a group of users.
type Group struct {
	Name    string              `reeve:"name,key"`
	GID     uint32              `reeve:"gid,index=by_gid"`
	Members []refresh.Ref[User] `reeve:"members,through=memberships(group_id,user_id)"` // beside those whose own it is
}

// A Process runs. Its number alone does not tell it from others: numbers are used again.
type Process struct {
	PID        int                  `reeve:"pid,key,index=by_pid"`
	Started    uint64               `reeve:"started,key"`
	Boot       string               `reeve:"boot,key,index=by_pid"`
	Name       string               `reeve:"name"`
	Executable *string              `reeve:"executable"`
	UID        uint32               `reeve:"uid"`
	User       refresh.Ref[User]    `reeve:"user_id"`
	Parent     refresh.Ref[Process] `reeve:"parent_id"`
}

// A FileSystem is a mounted one.
type FileSystem struct {
	Point    string                  `reeve:"point,key"`
	Mount    int                     `reeve:"mount,key,index=by_mount"`
	Type     string                  `reeve:"type"`
	Source   string                  `reeve:"source"`
	ReadOnly bool                    `reeve:"read_only"`
	Parent   refresh.Ref[FileSystem] `reeve:"parent_id"`
}

// An Interface connects the machine to a network.
type Interface struct {
	Name     string  `reeve:"name,key"`
	MAC      *string `reeve:"mac"`
	MTU      int     `reeve:"mtu"`
	Up       bool    `reeve:"up"`
	Loopback bool    `reeve:"loopback"`
}

// An Address is one of an interface.
type Address struct {
	Interface refresh.Ref[Interface] `reeve:"interface_id,key"`
	IP        string                 `reeve:"ip,key,index=by_ip"`
	Prefix    int                    `reeve:"prefix"`
}

// A Socket waits for others.
type Socket struct {
	Protocol string               `reeve:"protocol,key"`
	IP       string               `reeve:"ip,key"`
	Port     uint16               `reeve:"port,key"`
	Inode    uint64               `reeve:"inode,key"`
	Address  refresh.Ref[Address] `reeve:"address_id"` // null also where it waits at all of them
}

// A Holder is a process that has a socket open.
type Holder struct {
	Process refresh.Ref[Process] `reeve:"process_id,key"`
	Socket  refresh.Ref[Socket]  `reeve:"socket_id,key"`
}

// A Package is an installed one.
type Package struct {
	By           string `reeve:"installed_by,key"`
	Name         string `reeve:"name,key"`
	Architecture string `reeve:"architecture,key"`
	// Slot tells the installs of a package apart of which there may be several: with rpm by their versions.
	// With dpkg there is one, so that a new version is an update.
	Slot    string `reeve:"slot,key"`
	Version string `reeve:"version"`
}

// An Inventory is what a machine has.
type Inventory struct {
	Groups      *refresh.Collection[Group]
	Users       *refresh.Collection[User]
	Processes   *refresh.Collection[Process]
	FileSystems *refresh.Collection[FileSystem]
	Interfaces  *refresh.Collection[Interface]
	Addresses   *refresh.Collection[Address]
	Sockets     *refresh.Collection[Socket]
	Holders     *refresh.Collection[Holder]
	Packages    *refresh.Collection[Package]
}

func declare(b *refresh.Builder) *Inventory {
	// All of these are others after the machine has started again, so that many are gone is no mistake.
	unguarded := &refresh.Guard{Share: 1}
	fleeting := &refresh.CollectionOptions{Guard: unguarded}
	inv := &Inventory{
		Groups:      refresh.Add[Group](b, "groups", nil),
		Users:       refresh.Add[User](b, "users", nil),
		Processes:   refresh.Add[Process](b, "processes", fleeting),
		FileSystems: refresh.Add[FileSystem](b, "file_systems", fleeting),
		Interfaces:  refresh.Add[Interface](b, "interfaces", nil),
		Addresses:   refresh.Add[Address](b, "addresses", &refresh.CollectionOptions{ChildOf: []string{"interface_id"}}),
		Sockets:     refresh.Add[Socket](b, "sockets", fleeting),
		Holders: refresh.Add[Holder](b, "holders", &refresh.CollectionOptions{
			ChildOf: []string{"process_id", "socket_id"}, Guard: unguarded,
		}),
		Packages: refresh.Add[Package](b, "packages", nil),
	}
	// A machine can be without any of these; without one of the others something went wrong.
	inv.Addresses.Complete()
	inv.Sockets.Complete()
	inv.Holders.Complete()
	return inv
}

// scope says which rows are a machine's, because several can be in one database.
func scope(machine string) map[string]any { return map[string]any{"machine": machine} }
