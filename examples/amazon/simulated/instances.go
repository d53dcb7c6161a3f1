package simulated

import (
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// launch makes an instance with a port and a volume, for a stack if one is given, and returns its id.
func (c *Cloud) launch(name, stack string, image *wire.Node) string {
	subnet, key := c.some(account.Subnets), c.some(account.KeyPairs)
	id, port, vpc := c.id("i"), c.id("eni"), subnet.Get("vpcId")
	number := c.made["i"]
	ip := fmt.Sprintf("%s.%d", subnet.Get("cidrBlock")[:len("10.0.0")], 10+number%200)
	marks := []string{"Name", name}
	if stack != "" {
		marks = append(marks, account.StackTag, stack)
	}
	c.put(account.Instances, wire.E("item", wire.T("reservationId", c.id("r")), wire.E("instancesSet", wire.E(
		"item", wire.T("instanceId", id), wire.T("imageId", image.Get("imageId")), wire.E("instanceState", wire.T("name", "running")),
		wire.T("keyName", key.Get("keyName")), wire.T("instanceType", "t3.small"), wire.T("launchTime", began),
		wire.E("placement", wire.T("availabilityZone", subnet.Get("availabilityZone"))), wire.T("subnetId", subnet.Get("subnetId")),
		wire.T("vpcId", vpc), wire.T("privateIpAddress", ip), list("groupSet", "item", "groupId", c.groupIn(vpc)),
		wire.T("architecture", "x86_64"), wire.T("rootDeviceType", "ebs"), wire.T("virtualizationType", "hvm"),
		wire.E("blockDeviceMapping"), tags(marks...), wire.E("cpuOptions", wire.T("coreCount", "1"), wire.T("threadsPerCore", "2")),
		wire.E("networkInterfaceSet", wire.E("item", wire.T("networkInterfaceId", port), wire.T("subnetId", subnet.Get("subnetId")), wire.T("vpcId", vpc))),
	))))
	c.put(account.NetworkInterfaces, wire.E(
		"item", wire.T("networkInterfaceId", port), wire.T("subnetId", subnet.Get("subnetId")), wire.T("vpcId", vpc),
		wire.T("status", "in-use"), wire.T("macAddress", fmt.Sprintf("02:00:00:00:%02x:%02x", number>>8&0xff, number&0xff)),
		list("groupSet", "item", "groupId", c.groupIn(vpc)), wire.E("attachment", wire.T("instanceId", id)),
		wire.E("privateIpAddressesSet", wire.E("item", wire.T("privateIpAddress", ip))), tags(),
	))
	c.volume(subnet.Get("availabilityZone"), id, "")
	return id
}

// attach puts a volume into an instance.
func (c *Cloud) attach(volume, instance string) {
	n, i := c.get(account.Volumes, volume), c.instance(instance)
	device := fmt.Sprintf("/dev/sd%c", 'a'+len(i.At("blockDeviceMapping").Children))
	n.Set("status", "in-use")
	n.At("attachmentSet").Children = []*wire.Node{wire.E(
		"item", wire.T("volumeId", volume), wire.T("instanceId", instance), wire.T("device", device), wire.T("status", "attached"),
	)}
	mapping := i.At("blockDeviceMapping")
	mapping.Children = append(mapping.Children, wire.E("item", wire.T("deviceName", device), wire.E("ebs", wire.T("volumeId", volume))))
}

// detach takes a volume out of the instance that it is in.
func (c *Cloud) detach(volume string) (instance string) {
	n := c.get(account.Volumes, volume)
	instance = n.Get("attachmentSet/item/instanceId")
	n.Set("status", "available")
	n.At("attachmentSet").Children = nil
	mapping := c.instance(instance).At("blockDeviceMapping")
	mapping.Children = slices.DeleteFunc(mapping.Children, func(m *wire.Node) bool { return m.Get("ebs/volumeId") == volume })
	return instance
}

// terminate ends an instance: its port is gone, its volumes and addresses are free, load balancers do without it.
func (c *Cloud) terminate(id string, touched account.Names) {
	i := c.instance(id)
	touched.Add(account.Instances, &id)
	port := i.Get("networkInterfaceSet/item/networkInterfaceId")
	for _, volume := range slices.Clone(i.At("blockDeviceMapping").Children) {
		name := volume.Get("ebs/volumeId")
		c.detach(name)
		touched.Add(account.Volumes, &name)
	}
	c.remove(account.NetworkInterfaces, port)
	touched.Add(account.NetworkInterfaces, &port)
	for _, address := range c.all(account.Addresses) {
		if address.Get("instanceId") == id {
			c.disassociate(address)
			touch(touched, account.Addresses, address)
		}
	}
	for _, balancer := range c.balancersOf(id) {
		c.deregister(balancer, id)
		touch(touched, account.LoadBalancers, balancer)
	}
	c.remove(account.Instances, id)
}

// balancersOf returns the load balancers that an instance is behind.
func (c *Cloud) balancersOf(id string) (out []*wire.Node) {
	for _, balancer := range c.all(account.LoadBalancers) {
		if slices.ContainsFunc(balancer.At("Instances").Children, func(m *wire.Node) bool { return m.Get("InstanceId") == id }) {
			out = append(out, balancer)
		}
	}
	return out
}

func (c *Cloud) deregister(balancer *wire.Node, id string) {
	members := balancer.At("Instances")
	members.Children = slices.DeleteFunc(members.Children, func(m *wire.Node) bool { return m.Get("InstanceId") == id })
}
