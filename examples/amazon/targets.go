package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/refresh"
)

// A nameable is a collection whose rows can be asked for by the names that Amazon gave.
type nameable struct {
	collection string
	kind       account.Kind
	add        func(inv *Inventory, t *refresh.Targets, name string) error
	names      func(inv *Inventory, t *refresh.Targets) ([]string, error)
}

var nameables = []nameable{
	named("zones", account.Zones, func(inv *Inventory) *refresh.Collection[Zone] { return inv.Zones }, func(z *Zone) *string { return &z.Name }),
	named("key_pairs", account.KeyPairs, func(inv *Inventory) *refresh.Collection[KeyPair] { return inv.KeyPairs }, func(k *KeyPair) *string { return &k.Name }),
	named("images", account.Images, func(inv *Inventory) *refresh.Collection[Image] { return inv.Images }, func(i *Image) *string { return &i.Ref }),
	named("vms", account.Instances, func(inv *Inventory) *refresh.Collection[VM] { return inv.VMs }, func(v *VM) *string { return &v.Ref }),
	named("volumes", account.Volumes, func(inv *Inventory) *refresh.Collection[Volume] { return inv.Volumes }, func(v *Volume) *string { return &v.Ref }),
	named("snapshots", account.Snapshots, func(inv *Inventory) *refresh.Collection[Snapshot] { return inv.Snapshots }, func(s *Snapshot) *string { return &s.Ref }),
	named("networks", account.Networks, func(inv *Inventory) *refresh.Collection[Network] { return inv.Networks }, func(n *Network) *string { return &n.Ref }),
	named("subnets", account.Subnets, func(inv *Inventory) *refresh.Collection[Subnet] { return inv.Subnets }, func(s *Subnet) *string { return &s.Ref }),
	named("security_groups", account.SecurityGroups, func(inv *Inventory) *refresh.Collection[SecurityGroup] { return inv.SecurityGroups }, func(g *SecurityGroup) *string { return &g.Ref }),
	named("network_ports", account.NetworkInterfaces, func(inv *Inventory) *refresh.Collection[Port] { return inv.Ports }, func(p *Port) *string { return &p.Ref }),
	named("floating_ips", account.Addresses, func(inv *Inventory) *refresh.Collection[FloatingIP] { return inv.FloatingIPs }, func(f *FloatingIP) *string { return &f.Ref }),
	named("load_balancers", account.LoadBalancers, func(inv *Inventory) *refresh.Collection[Balancer] { return inv.Balancers }, func(b *Balancer) *string { return &b.Name }),
	named("stacks", account.Stacks, func(inv *Inventory) *refresh.Collection[Stack] { return inv.Stacks }, func(s *Stack) *string { return &s.Ref }),
	named("databases", account.Databases, func(inv *Inventory) *refresh.Collection[Database] { return inv.Databases }, func(d *Database) *string { return &d.Name }),
}

// named returns a nameable of a collection; key says which field of a row has the name.
func named[T any](collection string, kind account.Kind, of func(*Inventory) *refresh.Collection[T], key func(*T) *string) nameable {
	return nameable{
		collection, kind,
		func(inv *Inventory, t *refresh.Targets, name string) error {
			var row T
			*key(&row) = name
			return of(inv).Target(t, row)
		},
		func(inv *Inventory, t *refresh.Targets) (names []string, err error) {
			rows, err := of(inv).Targets(t)
			for i := range rows {
				names = append(names, *key(&rows[i]))
			}
			return names, err
		},
	}
}

// namesOf returns what targets name, as an account is asked for it.
func (inv *Inventory) namesOf(t *refresh.Targets) (account.Names, error) {
	names := account.Names{}
	for _, of := range nameables {
		some, err := of.names(inv, t)
		if err != nil {
			return nil, err
		}
		for i := range some {
			names.Add(of.kind, &some[i])
		}
	}
	return names, nil
}

// targetsOf returns targets that name what an account has.
func (inv *Inventory) targetsOf(names account.Names) (*refresh.Targets, error) {
	t := &refresh.Targets{}
	for _, of := range nameables {
		for name := range names[of.kind] {
			if err := of.add(inv, t, name); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// readNames reads COLLECTION=NAME,NAME as -target has it, and adds it to names.
func readNames(names account.Names, from string) error {
	collection, list, _ := strings.Cut(from, "=")
	given := strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
	i := slices.IndexFunc(nameables, func(n nameable) bool { return n.collection == collection })
	if i < 0 || len(given) == 0 {
		var all []string
		for _, n := range nameables {
			all = append(all, n.collection)
		}
		return fmt.Errorf("%q names nothing; COLLECTION=NAME,NAME is right, of %s", from, strings.Join(all, ", "))
	}
	for _, name := range given {
		names.Add(nameables[i].kind, &name)
	}
	return nil
}
