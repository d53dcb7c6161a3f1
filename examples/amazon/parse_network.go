package main

import (
	"cmp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/refresh"
)

func (inv *Inventory) network(v *types.Vpc) {
	inv.Networks.Build(Network{
		Ref: text(v.VpcId), Name: nameIn(v.Tags, v.VpcId), CIDR: text(v.CidrBlock), State: string(v.State),
		Default: aws.ToBool(v.IsDefault), Stack: inv.stackOf(v.Tags),
	})
}

func (inv *Inventory) subnet(s *types.Subnet) {
	inv.Subnets.Build(Subnet{
		Ref: text(s.SubnetId), Name: nameIn(s.Tags, s.SubnetId), CIDR: text(s.CidrBlock), State: string(s.State),
		Network: inv.Networks.LazyFind(text(s.VpcId)), Zone: inv.Zones.LazyFind(text(s.AvailabilityZone)), Stack: inv.stackOf(s.Tags),
	})
}

func (inv *Inventory) securityGroup(g *types.SecurityGroup) {
	group := inv.SecurityGroups.Build(SecurityGroup{
		Ref: text(g.GroupId), Name: nameIn(g.Tags, g.GroupName), Description: text(g.Description),
		Network: inv.Networks.LazyFind(text(g.VpcId)), Stack: inv.stackOf(g.Tags),
	})
	inv.rules(group, "inbound", g.IpPermissions)
	inv.rules(group, "outbound", g.IpPermissionsEgress)
}

// rules builds a rule for each peer that Amazon puts together into one permission.
func (inv *Inventory) rules(group refresh.Ref[SecurityGroup], direction string, permissions []types.IpPermission) {
	for i := range permissions {
		p := &permissions[i]
		rule := Rule{
			Group: group, Direction: direction, Protocol: cmp.Or(strings.TrimPrefix(text(p.IpProtocol), "-1"), "all"),
			FromPort: portOr(p.FromPort), ToPort: portOr(p.ToPort),
		}
		for _, peer := range p.IpRanges {
			rule.Peer = text(peer.CidrIp)
			inv.Rules.Build(rule)
		}
		for _, peer := range p.Ipv6Ranges {
			rule.Peer = text(peer.CidrIpv6)
			inv.Rules.Build(rule)
		}
		for _, peer := range p.PrefixListIds {
			rule.Peer = text(peer.PrefixListId)
			inv.Rules.Build(rule)
		}
		for _, peer := range p.UserIdGroupPairs {
			rule.Peer, rule.PeerGroup = text(peer.GroupId), inv.SecurityGroups.LazyFind(text(peer.GroupId))
			inv.Rules.Build(rule)
		}
	}
}

// portOr returns a port, or -1 for any.
func portOr(p *int32) int32 {
	if p == nil {
		return -1
	}
	return *p
}

func (inv *Inventory) port(n *types.NetworkInterface) {
	row := Port{
		Ref: text(n.NetworkInterfaceId), Name: nameIn(n.TagSet, n.NetworkInterfaceId), Description: text(n.Description),
		State: string(n.Status), MAC: text(n.MacAddress), Subnet: inv.Subnets.LazyFind(text(n.SubnetId)),
	}
	if n.Attachment != nil {
		row.VM = inv.VMs.LazyFind(text(n.Attachment.InstanceId))
	}
	for _, of := range n.Groups {
		row.SecurityGroups = append(row.SecurityGroups, inv.SecurityGroups.LazyFind(text(of.GroupId)))
	}
	port := inv.Ports.Build(row)
	for _, a := range n.PrivateIpAddresses {
		address := PortAddress{Port: port, IP: text(a.PrivateIpAddress)}
		if a.Association != nil {
			address.Public = unlessEmpty(a.Association.PublicIp)
		}
		inv.PortAddresses.Build(address)
	}
}

func (inv *Inventory) address(a *types.Address) {
	inv.FloatingIPs.Build(FloatingIP{
		Ref: account.AddressName(a), Address: text(a.PublicIp), Private: unlessEmpty(a.PrivateIpAddress), Domain: string(a.Domain),
		Port: inv.Ports.LazyFind(text(a.NetworkInterfaceId)), VM: inv.VMs.LazyFind(text(a.InstanceId)),
	})
}
