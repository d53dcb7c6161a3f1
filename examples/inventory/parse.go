package main

import (
	"context"
	"iter"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
)

// parse fills an inventory from a reading. It cannot tell whether that is of everything. What cannot be read does
// not stop it: the collections that lack something are incomplete, and lose no rows. Only the end of ctx is an error.
func parse(ctx context.Context, r *machine.Reading, inv *Inventory) error {
	fill(ctx, r.Groups(ctx), inv.group, inv.Groups)
	fill(ctx, r.Users(ctx), inv.user, inv.Users)
	fill(ctx, r.Processes(ctx), inv.process, inv.Processes)
	fill(ctx, r.FileSystems(ctx), inv.fileSystem, inv.FileSystems)
	fill(ctx, r.Interfaces(ctx), inv.networkInterface, inv.Interfaces, inv.Addresses)
	fill(ctx, r.Sockets(ctx), inv.socket, inv.Sockets)
	fill(ctx, r.Holders(ctx), inv.holder, inv.Holders)
	fill(ctx, r.Packages(ctx), inv.installed, inv.Packages)

	// A machine can be without any of these; without one of the others something went wrong.
	inv.Addresses.Complete()
	inv.Sockets.Complete()
	inv.Holders.Complete()
	return ctx.Err()
}

func fill[V any](ctx context.Context, from iter.Seq2[V, error], build func(V), fills ...refresh.Filled) {
	_ = refresh.Each(ctx, from, func(v V) error { build(v); return nil }, fills...) // the plan says what was wrong
}

func (inv *Inventory) group(g machine.Group) {
	row := Group{Name: g.Name, GID: g.GID}
	for _, member := range g.Members {
		row.Members = append(row.Members, inv.Users.LazyFind(member))
	}
	inv.Groups.Build(row)
}

func (inv *Inventory) user(u machine.User) {
	inv.Users.Build(User{
		Name: u.Name, UID: u.UID, Home: u.Home, Shell: u.Shell,
		Group: inv.Groups.LazyFindBy("by_gid", Group{GID: u.GID}),
	})
}

func (inv *Inventory) process(p machine.Process) {
	row := processKey(p.ProcessID)
	row.Name, row.UID, row.Executable = p.Name, p.UID, unlessEmpty(p.Executable)
	row.User = inv.Users.LazyFindBy("by_uid", User{UID: p.UID})
	if p.Parent != 0 {
		row.Parent = inv.Processes.LazyFindBy("by_pid", Process{Boot: p.Boot, PID: p.Parent})
	}
	inv.Processes.Build(row)
}

func (inv *Inventory) fileSystem(f machine.FileSystem) {
	row := FileSystem{Point: f.Point, Mount: f.Mount, Type: f.Type, Source: f.Source, ReadOnly: f.ReadOnly}
	if f.Parent != 0 {
		row.Parent = inv.FileSystems.LazyFindBy("by_mount", FileSystem{Mount: f.Parent})
	}
	inv.FileSystems.Build(row)
}

func (inv *Inventory) networkInterface(i machine.Interface) {
	row := inv.Interfaces.Build(Interface{Name: i.Name, MAC: unlessEmpty(i.MAC), MTU: i.MTU, Up: i.Up, Loopback: i.Loopback})
	for _, a := range i.Addresses {
		inv.Addresses.Build(Address{Interface: row, IP: a.Addr().String(), Prefix: a.Bits()})
	}
}

func (inv *Inventory) socket(s machine.Socket) {
	row := socketKey(s)
	if ip := s.Address.Addr(); !ip.IsUnspecified() {
		row.Address = inv.Addresses.LazyFindBy("by_ip", Address{IP: ip.Unmap().String()})
	}
	inv.Sockets.Build(row)
}

func (inv *Inventory) holder(h machine.Holder) {
	inv.Holders.Build(Holder{
		Process: inv.Processes.LazyFindLike(processKey(h.Process)),
		Socket:  inv.Sockets.LazyFindLike(socketKey(h.Socket)),
	})
}

func (inv *Inventory) installed(p machine.Package) {
	row := Package{By: p.By, Name: p.Name, Architecture: p.Architecture, Slot: "-", Version: p.Version}
	if p.By == "rpm" {
		row.Slot = p.Version
	}
	inv.Packages.Build(row)
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
