package simulated

import (
	"fmt"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// allocate makes an address.
func (c *Cloud) allocate() {
	c.put(account.Addresses, wire.E(
		"item", wire.T("publicIp", fmt.Sprintf("198.51.100.%d", 1+len(c.all(account.Addresses)))),
		wire.T("allocationId", c.id("eipalloc")), wire.T("domain", "vpc"),
	))
}

// associate gives an address to an instance, by its port.
func (c *Cloud) associate(address, instance *wire.Node) {
	port := instance.Get("networkInterfaceSet/item/networkInterfaceId")
	for path, value := range map[string]string{
		"instanceId": instance.Get("instanceId"), "networkInterfaceId": port, "privateIpAddress": instance.Get("privateIpAddress"),
	} {
		address.Set(path, value)
	}
	instance.Set("ipAddress", address.Get("publicIp"))
	own := c.get(account.NetworkInterfaces, port).At("privateIpAddressesSet/item")
	own.Set("association/publicIp", address.Get("publicIp"))
	own.Set("association/allocationId", address.Get("allocationId"))
}

// disassociate takes an address from the instance that has it.
func (c *Cloud) disassociate(address *wire.Node) {
	c.instance(address.Get("instanceId")).Set("ipAddress", "")
	if port := c.get(account.NetworkInterfaces, address.Get("networkInterfaceId")); port != nil {
		own := port.At("privateIpAddressesSet/item")
		own.Children = own.Children[:1] // without the association
	}
	for _, path := range []string{"instanceId", "networkInterfaceId", "privateIpAddress"} {
		address.Set(path, "")
	}
}
