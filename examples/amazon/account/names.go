package account

import (
	"maps"
	"slices"
)

// A Kind is what can be named.
type Kind string

// The kinds, each with what names one of them.
const (
	Zones             Kind = "zones"              // its name
	KeyPairs          Kind = "key pairs"          // its name
	Images            Kind = "images"             // its id
	Instances         Kind = "instances"          // its id
	Volumes           Kind = "volumes"            // its id
	Snapshots         Kind = "snapshots"          // its id
	Networks          Kind = "networks"           // its id
	Subnets           Kind = "subnets"            // its id
	SecurityGroups    Kind = "security groups"    // its id
	NetworkInterfaces Kind = "network interfaces" // its id
	Addresses         Kind = "addresses"          // its allocation, or the address itself if it has none
	LoadBalancers     Kind = "load balancers"     // its name
	Stacks            Kind = "stacks"             // its ARN
	Databases         Kind = "databases"          // its identifier
)

// Names are what is asked for, by kind, each once.
type Names map[Kind]map[string]bool

// Add adds names; empty ones and nil are none.
func (n Names) Add(kind Kind, names ...*string) {
	for _, name := range names {
		if name == nil || *name == "" {
			continue
		}
		if n[kind] == nil {
			n[kind] = map[string]bool{}
		}
		n[kind][*name] = true
	}
}

// of returns the names of a kind in their order.
func (n Names) of(kind Kind) []string { return slices.Sorted(maps.Keys(n[kind])) }

// only returns the names of a kind that a function picks.
func (n Names) only(kind Kind, which func(name string) bool) Names {
	some := Names{}
	for name := range n[kind] {
		if which(name) {
			some.Add(kind, &name)
		}
	}
	return some
}
