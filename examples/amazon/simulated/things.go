package simulated

import (
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// owner is the account's own number, and stranger that of somebody who shares images.
const (
	owner    = "123456789012"
	stranger = "210987654321"
)

// listings are how the things of a kind are listed, which says what names one of them.
var listings = map[account.Kind]*wire.Listing{
	account.Zones:             listing("ec2", "DescribeAvailabilityZones"),
	account.KeyPairs:          listing("ec2", "DescribeKeyPairs"),
	account.Images:            listing("ec2", "DescribeImages"),
	account.Instances:         listing("ec2", "DescribeInstances"),
	account.Volumes:           listing("ec2", "DescribeVolumes"),
	account.Snapshots:         listing("ec2", "DescribeSnapshots"),
	account.Networks:          listing("ec2", "DescribeVpcs"),
	account.Subnets:           listing("ec2", "DescribeSubnets"),
	account.SecurityGroups:    listing("ec2", "DescribeSecurityGroups"),
	account.NetworkInterfaces: listing("ec2", "DescribeNetworkInterfaces"),
	account.Addresses:         listing("ec2", "DescribeAddresses"),
	account.LoadBalancers:     listing("elasticloadbalancing", "DescribeLoadBalancers"),
	account.Stacks:            listing("cloudformation", "DescribeStacks"),
	account.Databases:         listing("rds", "DescribeDBInstances"),
}

func listing(service, action string) *wire.Listing {
	return wire.ListingOf(&wire.Question{Service: service, Action: action})
}

// nameOf returns the name of a thing.
func nameOf(kind account.Kind, n *wire.Node) string { return listings[kind].Names(n)[0].Value }

// called returns names of a kind of things.
func called(kind account.Kind, values []string) (names []wire.Name) {
	for _, value := range values {
		names = append(names, wire.Name{By: listings[kind].IDs[0].By[0], Value: value})
	}
	return names
}

func (c *Cloud) all(kind account.Kind) []*wire.Node { return c.things[listings[kind].Action] }

// some returns a thing by chance. There is always one of each kind.
func (c *Cloud) some(kind account.Kind) *wire.Node {
	all := c.all(kind)
	return all[c.random.IntN(len(all))]
}

// get returns the thing of that name; nil: there is none.
func (c *Cloud) get(kind account.Kind, name string) *wire.Node {
	for _, n := range c.all(kind) {
		if nameOf(kind, n) == name {
			return n
		}
	}
	return nil
}

// put adds a thing, and returns its name.
func (c *Cloud) put(kind account.Kind, n *wire.Node) string {
	c.things[listings[kind].Action] = append(c.all(kind), n)
	return nameOf(kind, n)
}

func (c *Cloud) remove(kind account.Kind, name string) {
	c.things[listings[kind].Action] = slices.DeleteFunc(c.all(kind), func(n *wire.Node) bool { return nameOf(kind, n) == name })
}

// id returns an id that nothing has had.
func (c *Cloud) id(prefix string) string {
	c.made[prefix]++
	return fmt.Sprintf("%s-%08x", prefix, c.made[prefix])
}

// instance returns what there is of an instance inside of its reservation.
func (c *Cloud) instance(id string) *wire.Node {
	if n := c.get(account.Instances, id); n != nil {
		return n.At("instancesSet/item")
	}
	return wire.E("item")
}

// tags returns a set of tags.
func tags(pairs ...string) *wire.Node {
	set := wire.E("tagSet")
	for pair := range slices.Chunk(pairs, 2) {
		set.Children = append(set.Children, wire.E("item", wire.T("key", pair[0]), wire.T("value", pair[1])))
	}
	return set
}

// list returns a list of texts, each with the name around it unless that is empty.
func list(name, item, around string, texts ...string) *wire.Node {
	n := wire.E(name)
	for _, text := range texts {
		if around == "" {
			n.Children = append(n.Children, wire.T(item, text))
		} else {
			n.Children = append(n.Children, wire.E(item, wire.T(around, text)))
		}
	}
	return n
}
