package simulated

import (
	"fmt"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// Change has something happen, and returns the names of all that is other than before, as an event of Amazon's would
// tell them.
func (c *Cloud) Change() account.Names {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		touched := account.Names{}
		changes[c.random.IntN(len(changes))](c, touched)
		if len(touched) > 0 {
			return touched
		}
	}
}

// changes are what can happen. One that finds nothing to happen to touches nothing.
var changes = []func(*Cloud, account.Names){
	(*Cloud).launchOne, (*Cloud).terminateOne, (*Cloud).stopOrStart, (*Cloud).rename, (*Cloud).attachOrDetach, (*Cloud).snapshotOne, (*Cloud).restoreOne,
	(*Cloud).openOrClose, (*Cloud).moveAddress, (*Cloud).registerOne, (*Cloud).buildOrDeleteStack, (*Cloud).backUp,
}

func (c *Cloud) launchOne(touched account.Names) {
	id := c.launch(fmt.Sprintf("web-%d", c.made["i"]+1), "", c.own())
	touched.Add(account.Instances, &id) // the reading finds its port and volume by it
}

func (c *Cloud) terminateOne(touched account.Names) {
	i := c.some(account.Instances)
	id, tags := nameOf(account.Instances, i), i.At("instancesSet/item/tagSet").Children
	if id != nameOf(account.Instances, c.all(account.Instances)[0]) && len(tags) == 1 { // what a stack made it ends itself
		c.terminate(id, touched)
	}
}

// stopOrStart stops an instance that runs, or starts one that does not, which load balancers notice.
func (c *Cloud) stopOrStart(touched account.Names) {
	i := c.some(account.Instances).At("instancesSet/item")
	id, state := i.Get("instanceId"), "running"
	if i.Get("instanceState/name") == state {
		state = "stopped"
	}
	i.Set("instanceState/name", state)
	touched.Add(account.Instances, &id)
	for _, balancer := range c.balancersOf(id) {
		touch(touched, account.LoadBalancers, balancer)
	}
}

func (c *Cloud) rename(touched account.Names) {
	i := c.some(account.Instances)
	i.At("instancesSet/item/tagSet/item").Set("value", fmt.Sprintf("renamed-%d", c.random.IntN(100)))
	touch(touched, account.Instances, i)
}

func (c *Cloud) attachOrDetach(touched account.Names) {
	volume, instance := c.some(account.Volumes), c.some(account.Instances)
	touch(touched, account.Volumes, volume)
	id := volume.Get("volumeId")
	if volume.Get("status") == "in-use" {
		from := c.detach(id)
		touched.Add(account.Instances, &from)
		return
	}
	c.attach(id, nameOf(account.Instances, instance))
	touch(touched, account.Instances, instance)
}

func (c *Cloud) snapshotOne(touched account.Names) {
	id := c.takeSnapshot()
	touched.Add(account.Snapshots, &id)
}

// restoreOne makes a volume of a snapshot.
func (c *Cloud) restoreOne(touched account.Names) {
	id := c.volume(c.some(account.Zones).Get("zoneName"), "", c.some(account.Snapshots).Get("snapshotId"))
	touched.Add(account.Volumes, &id)
}

// takeSnapshot keeps what a volume holds.
func (c *Cloud) takeSnapshot() string {
	volume := c.some(account.Volumes)
	return c.put(account.Snapshots, wire.E(
		"item", wire.T("snapshotId", c.id("snap")), wire.T("volumeId", volume.Get("volumeId")), wire.T("status", "completed"),
		wire.T("startTime", began), wire.T("ownerId", owner), wire.T("volumeSize", volume.Get("size")), wire.T("encrypted", "false"), tags(),
	))
}

// openOrClose lets somebody in by a security group, or not any more.
func (c *Cloud) openOrClose(touched account.Names) {
	group := c.some(account.SecurityGroups)
	rules := group.At("ipPermissions")
	if n := len(rules.Children); n > 2 {
		rules.Children = rules.Children[:n-1]
	} else {
		rules.Children = append(rules.Children, permission("tcp", 1024+c.random.IntN(60000), "192.0.2.0/24", ""))
	}
	touch(touched, account.SecurityGroups, group)
}

// moveAddress takes an address from who has it, or gives it to somebody.
func (c *Cloud) moveAddress(touched account.Names) {
	address, instance := c.some(account.Addresses), c.some(account.Instances)
	if from := address.Get("instanceId"); from != "" {
		c.disassociate(address)
		touched.Add(account.Instances, &from)
		touch(touched, account.Addresses, address)
		return
	}
	if i := instance.At("instancesSet/item"); i.Get("ipAddress") == "" {
		c.associate(address, i)
		touch(touched, account.Instances, instance)
		touch(touched, account.Addresses, address)
	}
}

// registerOne puts an instance behind a load balancer, or takes it away.
func (c *Cloud) registerOne(touched account.Names) {
	balancer, instance := c.some(account.LoadBalancers), c.some(account.Instances)
	touch(touched, account.LoadBalancers, balancer)
	id, members := nameOf(account.Instances, instance), balancer.At("Instances")
	before := len(members.Children)
	if c.deregister(balancer, id); len(members.Children) == before {
		members.Children = append(members.Children, wire.E("member", wire.T("InstanceId", id)))
	}
}

// backUp has a database do its work.
func (c *Cloud) backUp(touched account.Names) {
	database := c.some(account.Databases)
	state := "available"
	if database.Get("DBInstanceStatus") == state {
		state = "backing-up"
	}
	database.Set("DBInstanceStatus", state)
	touch(touched, account.Databases, database)
}

func touch(touched account.Names, kind account.Kind, n *wire.Node) {
	name := nameOf(kind, n)
	touched.Add(kind, &name)
}
