package main

import (
	"context"
	"errors"
	"iter"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
)

// parsers fill an inventory from a reading, side by side. They cannot tell whether that is of everything. What one of
// them cannot read makes its own collections incomplete, so that these lose no rows.
var parsers = []refresh.Parser[*machine.Reading, *Inventory]{
	parser("groups", (*machine.Reading).Groups, (*Inventory).group, func(inv *Inventory) filled { return filled{inv.Groups} }),
	parser("users", (*machine.Reading).Users, (*Inventory).user, func(inv *Inventory) filled { return filled{inv.Users} }),
	parser("processes", (*machine.Reading).Processes, (*Inventory).process, func(inv *Inventory) filled { return filled{inv.Processes} }),
	parser("file systems", (*machine.Reading).FileSystems, (*Inventory).fileSystem, func(inv *Inventory) filled { return filled{inv.FileSystems} }),
	parser("network", (*machine.Reading).Interfaces, (*Inventory).networkInterface, func(inv *Inventory) filled { return filled{inv.Interfaces, inv.Addresses} }),
	parser("sockets", (*machine.Reading).Sockets, (*Inventory).socket, func(inv *Inventory) filled { return filled{inv.Sockets} }),
	parser("holders", (*machine.Reading).Holders, (*Inventory).holder, func(inv *Inventory) filled { return filled{inv.Holders} }),
	parser("packages", (*machine.Reading).Packages, (*Inventory).installed, func(inv *Inventory) filled { return filled{inv.Packages} }),
}

type filled = []refresh.Filled

// parser returns the parser that builds what one sequence of a reading yields.
func parser[V any](
	name string, read func(*machine.Reading, context.Context) iter.Seq2[V, error], build func(*Inventory, V), fills func(*Inventory) filled,
) refresh.Parser[*machine.Reading, *Inventory] {
	parse := func(ctx context.Context, r *machine.Reading, inv *Inventory) error {
		err := refresh.Each(ctx, read(r, ctx), func(v V) error { build(inv, v); return nil }, fills(inv)...)
		if errors.Is(err, machine.ErrNotTold) {
			return nil // the collections are incomplete, and to read once more would not help
		}
		return err
	}
	return refresh.Parser[*machine.Reading, *Inventory]{Name: name, Parse: parse, Fills: fills}
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
