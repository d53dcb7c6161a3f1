package main

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/refresh"
)

// parsers fill an inventory from a reading, side by side. They cannot tell whether that is of everything. What one of
// them cannot read makes its own collections incomplete, so that these lose no rows.
var parsers = []refresh.Parser[*account.Reading, *Inventory]{
	parser("zones", (*account.Reading).Zones, (*Inventory).zone, func(inv *Inventory) filled { return filled{inv.Zones} }),
	parser("key pairs", (*account.Reading).KeyPairs, (*Inventory).keyPair, func(inv *Inventory) filled { return filled{inv.KeyPairs} }),
	parser("images", (*account.Reading).Images, (*Inventory).image, func(inv *Inventory) filled { return filled{inv.Images} }),
	parser("instances", (*account.Reading).Instances, (*Inventory).instance, func(inv *Inventory) filled { return filled{inv.VMs} }),
	parser("volumes", (*account.Reading).Volumes, (*Inventory).volume, func(inv *Inventory) filled { return filled{inv.Volumes} }),
	parser("snapshots", (*account.Reading).Snapshots, (*Inventory).snapshot, func(inv *Inventory) filled { return filled{inv.Snapshots} }),
	parser("networks", (*account.Reading).Networks, (*Inventory).network, func(inv *Inventory) filled { return filled{inv.Networks} }),
	parser("subnets", (*account.Reading).Subnets, (*Inventory).subnet, func(inv *Inventory) filled { return filled{inv.Subnets} }),
	parser("security groups", (*account.Reading).SecurityGroups, (*Inventory).securityGroup, func(inv *Inventory) filled { return filled{inv.SecurityGroups} }),
	parser("network interfaces", (*account.Reading).NetworkInterfaces, (*Inventory).port, func(inv *Inventory) filled { return filled{inv.Ports} }),
	parser("addresses", (*account.Reading).Addresses, (*Inventory).address, func(inv *Inventory) filled { return filled{inv.FloatingIPs} }),
	parser("databases", (*account.Reading).Databases, (*Inventory).database, func(inv *Inventory) filled { return filled{inv.Databases} }),
	{Name: "load balancers", Parse: parseBalancers, Fills: func(inv *Inventory) filled { return filled{inv.Balancers} }},
	{Name: "stacks", Parse: parseStacks, Fills: func(inv *Inventory) filled { return filled{inv.Stacks} }},
}

type filled = []refresh.Filled

// parser returns the parser that builds what one sequence of a reading yields.
func parser[V any](
	name string, read func(*account.Reading, context.Context) iter.Seq2[V, error], build func(*Inventory, *V), fills func(*Inventory) filled,
) refresh.Parser[*account.Reading, *Inventory] {
	parse := func(ctx context.Context, r *account.Reading, inv *Inventory) error {
		return refresh.Each(ctx, read(r, ctx), func(v V) error { build(inv, &v); return nil }, fills(inv)...)
	}
	return refresh.Parser[*account.Reading, *Inventory]{Name: name, Parse: parse, Fills: fills}
}

// text returns what a pointer points at; empty: at nothing.
func text(s *string) string { return aws.ToString(s) }

// unlessEmpty returns a pointer to a text that is not empty, else nil: Amazon does not tell the two apart.
func unlessEmpty(s *string) *string {
	if text(s) == "" {
		return nil
	}
	return s
}

// moment returns a time as the tables keep it; nil stays nil.
func moment(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return aws.Time(t.UTC().Truncate(time.Millisecond))
}

// nameIn returns the name that people gave to something by a tag, else another one.
func nameIn(tags []types.Tag, otherwise *string) string {
	if name := text(account.Tag(tags, "Name")); name != "" {
		return name
	}
	return text(otherwise)
}

// stackOf returns the stack that made something.
func (inv *Inventory) stackOf(tags []types.Tag) refresh.Ref[Stack] {
	return inv.Stacks.LazyFind(text(account.Tag(tags, account.StackTag)))
}
