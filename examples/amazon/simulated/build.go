package simulated

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// began is when everything that there is at first was made.
const began = "2026-01-02T03:04:05.000Z"

// build makes what there is at first.
func (c *Cloud) build() {
	for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
		c.put(account.Zones, wire.E("item", wire.T("zoneName", zone), wire.T("zoneState", "available")))
	}
	for _, name := range []string{"ann", "bob"} {
		c.put(account.KeyPairs, wire.E("item", wire.T("keyName", name), wire.T("keyFingerprint", strings.Repeat("0"+name[:1]+":", 3)+"00")))
	}
	for _, name := range []string{"ubuntu-24.04", "rhel-10", "windows-2025"} {
		c.image(name, stranger, true)
	}
	for _, name := range []string{"web-1", "web-2", "debian-13", "fedora-44"} {
		c.image(name, owner, false)
	}
	c.image("shared", stranger, false)
	for i := range 2 {
		c.network(fmt.Sprintf("10.%d", i))
	}
	c.launch("pet", "", c.all(account.Images)[0]) // which nobody ever ends, and the only one of a public image
	for i := range 7 {
		c.launch(fmt.Sprintf("web-%d", i+1), "", c.own())
	}
	for range 3 {
		c.volume(c.some(account.Zones).Get("zoneName"), "", "")
	}
	for range 3 {
		c.takeSnapshot()
	}
	for i := range 2 {
		c.allocate()
		c.balancer(fmt.Sprintf("front-%d", i+1))
		c.database(fmt.Sprintf("orders-%d", i+1))
	}
	c.createStack()
}

// own returns an image that is the account's, or shared with it.
func (c *Cloud) own() *wire.Node {
	for {
		if image := c.some(account.Images); image.Get("isPublic") == "false" {
			return image
		}
	}
}

func (c *Cloud) image(name, of string, public bool) {
	c.put(account.Images, wire.E(
		"item", wire.T("imageId", c.id("ami")), wire.T("imageLocation", of+"/"+name), wire.T("imageState", "available"),
		wire.T("imageOwnerId", of), wire.T("isPublic", strconv.FormatBool(public)), wire.T("architecture", "x86_64"),
		wire.T("imageType", "machine"), wire.T("name", name), wire.T("rootDeviceType", "ebs"),
		wire.T("virtualizationType", "hvm"), tags("Purpose", name),
	))
}

// network makes a network with two subnets and two security groups, one of which lets the other in.
func (c *Cloud) network(prefix string) {
	vpc := c.put(account.Networks, wire.E(
		"item", wire.T("vpcId", c.id("vpc")), wire.T("state", "available"), wire.T("cidrBlock", prefix+".0.0/16"), wire.T("isDefault", "false"), tags(),
	))
	for i, zone := range c.all(account.Zones)[:2] {
		c.put(account.Subnets, wire.E(
			"item", wire.T("subnetId", c.id("subnet")), wire.T("state", "available"), wire.T("vpcId", vpc),
			wire.T("cidrBlock", fmt.Sprintf("%s.%d.0/24", prefix, i)), wire.T("availabilityZone", zone.Get("zoneName")), tags(),
		))
	}
	front := c.securityGroup(vpc, "front", permission("tcp", 443, "0.0.0.0/0", ""))
	c.securityGroup(vpc, "back", permission("tcp", 5432, "", front))
}

func (c *Cloud) securityGroup(vpc, name string, permissions ...*wire.Node) string {
	return c.put(account.SecurityGroups, wire.E(
		"item", wire.T("ownerId", owner), wire.T("groupId", c.id("sg")), wire.T("groupName", name), wire.T("groupDescription", name+" of "+vpc),
		wire.T("vpcId", vpc), wire.E("ipPermissions", permissions...),
		wire.E("ipPermissionsEgress", wire.E("item", wire.T("ipProtocol", "-1"), list("ipRanges", "item", "cidrIp", "0.0.0.0/0"))), tags(),
	))
}

// permission returns a rule for addresses or, if these are empty, for a group.
func permission(protocol string, port int, cidr, group string) *wire.Node {
	n := wire.E("item", wire.T("ipProtocol", protocol), wire.T("fromPort", strconv.Itoa(port)), wire.T("toPort", strconv.Itoa(port)))
	if cidr != "" {
		n.Children = append(n.Children, list("ipRanges", "item", "cidrIp", cidr))
	} else {
		n.Children = append(n.Children, list("groups", "item", "groupId", group))
	}
	return n
}

// volume makes a volume, in an instance and of a snapshot if these are given.
func (c *Cloud) volume(zone, instance, snapshot string) string {
	id := c.put(account.Volumes, wire.E(
		"item", wire.T("volumeId", c.id("vol")), wire.T("size", strconv.Itoa(8+c.random.IntN(90))), wire.T("snapshotId", snapshot),
		wire.T("availabilityZone", zone), wire.T("status", "available"), wire.T("createTime", began), wire.E("attachmentSet"),
		wire.T("volumeType", "gp3"), wire.T("iops", "3000"), wire.T("encrypted", "false"), tags(),
	))
	if instance != "" {
		c.attach(id, instance)
	}
	return id
}

func (c *Cloud) balancer(name string) {
	subnet := c.some(account.Subnets)
	c.put(account.LoadBalancers, wire.E(
		"member", wire.T("LoadBalancerName", name), wire.T("DNSName", name+".elb.example"), wire.T("Scheme", "internet-facing"),
		wire.T("VPCId", subnet.Get("vpcId")), list("Subnets", "member", "", subnet.Get("subnetId")),
		list("SecurityGroups", "member", "", c.groupIn(subnet.Get("vpcId"))),
		list("Instances", "member", "InstanceId", nameOf(account.Instances, c.some(account.Instances))),
		wire.E("HealthCheck", wire.T("Target", "HTTP:80/"), wire.T("Interval", "30"), wire.T("Timeout", "5"),
			wire.T("HealthyThreshold", "3"), wire.T("UnhealthyThreshold", "5")),
		wire.E("ListenerDescriptions", wire.E("member", wire.E("Listener", wire.T("Protocol", "HTTPS"), wire.T("LoadBalancerPort", "443"),
			wire.T("InstanceProtocol", "HTTP"), wire.T("InstancePort", "80")))),
	))
}

// groupIn returns a security group of a network.
func (c *Cloud) groupIn(vpc string) string {
	for _, group := range c.all(account.SecurityGroups) {
		if group.Get("vpcId") == vpc {
			return group.Get("groupId")
		}
	}
	return ""
}

func (c *Cloud) database(name string) {
	subnet := c.some(account.Subnets)
	c.put(account.Databases, wire.E(
		"DBInstance", wire.T("DBInstanceIdentifier", name), wire.T("Engine", "postgres"), wire.T("EngineVersion", "18.1"),
		wire.T("DBInstanceClass", "db.t4g.small"), wire.T("DBInstanceStatus", "available"), wire.T("AllocatedStorage", "20"),
		wire.T("InstanceCreateTime", began), wire.T("AvailabilityZone", subnet.Get("availabilityZone")),
		wire.E("Endpoint", wire.T("Address", name+".rds.example"), wire.T("Port", "5432")),
		wire.E("DBSubnetGroup", wire.T("VpcId", subnet.Get("vpcId"))),
		list("VpcSecurityGroups", "VpcSecurityGroupMembership", "VpcSecurityGroupId", c.groupIn(subnet.Get("vpcId"))),
	))
}
