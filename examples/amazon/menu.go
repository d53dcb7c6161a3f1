package main

import "github.com/reeve-go/reeve/refresh"

// An Inventory is what an account has.
type Inventory struct {
	Zones            *refresh.Collection[Zone]
	KeyPairs         *refresh.Collection[KeyPair]
	Images           *refresh.Collection[Image]
	VMs              *refresh.Collection[VM]
	Hardwares        *refresh.Collection[Hardware]
	OperatingSystems *refresh.Collection[OperatingSystem]
	Labels           *refresh.Collection[Label]

	Volumes     *refresh.Collection[Volume]
	Attachments *refresh.Collection[Attachment]
	Snapshots   *refresh.Collection[Snapshot]

	Networks       *refresh.Collection[Network]
	Subnets        *refresh.Collection[Subnet]
	SecurityGroups *refresh.Collection[SecurityGroup]
	Rules          *refresh.Collection[Rule]
	Ports          *refresh.Collection[Port]
	PortAddresses  *refresh.Collection[PortAddress]
	FloatingIPs    *refresh.Collection[FloatingIP]

	Balancers *refresh.Collection[Balancer]
	Listeners *refresh.Collection[Listener]
	Members   *refresh.Collection[Member]

	Stacks     *refresh.Collection[Stack]
	Resources  *refresh.Collection[Resource]
	Outputs    *refresh.Collection[Output]
	Parameters *refresh.Collection[Parameter]

	Databases *refresh.Collection[Database]
}

// The menu has what any cloud might have, each with the tables' columns by which it belongs to something else.
var menu = refresh.NewMenu(
	refresh.Offer[Zone]("zones", nil),
	refresh.Offer[KeyPair]("key_pairs", nil),
	refresh.Offer[Image]("images", nil),
	refresh.Offer[VM]("vms", nil),
	refresh.Offer[Hardware]("hardwares", childOf("owner_id")),
	refresh.Offer[OperatingSystem]("operating_systems", childOf("owner_id")),
	refresh.Offer[Label]("labels", childOf("owner_id")),

	refresh.Offer[Volume]("volumes", nil),
	refresh.Offer[Attachment]("attachments", childOf("volume_id")),
	refresh.Offer[Snapshot]("snapshots", nil),

	refresh.Offer[Network]("networks", nil),
	refresh.Offer[Subnet]("subnets", nil),
	refresh.Offer[SecurityGroup]("security_groups", nil),
	refresh.Offer[Rule]("rules", childOf("security_group_id")),
	refresh.Offer[Port]("network_ports", nil),
	refresh.Offer[PortAddress]("port_addresses", childOf("network_port_id")),
	refresh.Offer[FloatingIP]("floating_ips", nil),

	refresh.Offer[Balancer]("load_balancers", nil),
	refresh.Offer[Listener]("listeners", childOf("load_balancer_id")),
	refresh.Offer[Member]("members", childOf("load_balancer_id")),

	refresh.Offer[Database]("databases", nil),
)

func childOf(column string) *refresh.CollectionOptions {
	return &refresh.CollectionOptions{ChildOf: []string{column}}
}

// declare puts together what Amazon has: all of the menu, and stacks. An account may have none of any sort but zones.
func declare(b *refresh.Builder) *Inventory {
	inv := &Inventory{
		Zones:            refresh.Pick[Zone](b, menu, "zones", nil),
		KeyPairs:         refresh.Pick[KeyPair](b, menu, "key_pairs", nil),
		Images:           refresh.Pick[Image](b, menu, "images", unguarded),
		VMs:              refresh.Pick[VM](b, menu, "vms", nil),
		Hardwares:        refresh.Pick[Hardware](b, menu, "hardwares", unguarded),
		OperatingSystems: refresh.Pick[OperatingSystem](b, menu, "operating_systems", unguarded),
		Labels:           refresh.Pick[Label](b, menu, "labels", unguarded),

		Volumes:     refresh.Pick[Volume](b, menu, "volumes", nil),
		Attachments: refresh.Pick[Attachment](b, menu, "attachments", nil),
		Snapshots:   refresh.Pick[Snapshot](b, menu, "snapshots", nil),

		Networks:       refresh.Pick[Network](b, menu, "networks", nil),
		Subnets:        refresh.Pick[Subnet](b, menu, "subnets", nil),
		SecurityGroups: refresh.Pick[SecurityGroup](b, menu, "security_groups", nil),
		Rules:          refresh.Pick[Rule](b, menu, "rules", nil),
		Ports:          refresh.Pick[Port](b, menu, "network_ports", nil),
		PortAddresses:  refresh.Pick[PortAddress](b, menu, "port_addresses", nil),
		FloatingIPs:    refresh.Pick[FloatingIP](b, menu, "floating_ips", nil),

		Balancers: refresh.Pick[Balancer](b, menu, "load_balancers", nil),
		Listeners: refresh.Pick[Listener](b, menu, "listeners", nil),
		Members:   refresh.Pick[Member](b, menu, "members", nil),

		Databases: refresh.Pick[Database](b, menu, "databases", nil),

		Stacks:     refresh.Add[Stack](b, "stacks", nil),
		Resources:  refresh.Add[Resource](b, "resources", childOf("stack_id")),
		Outputs:    refresh.Add[Output](b, "outputs", childOf("stack_id")),
		Parameters: refresh.Add[Parameter](b, "parameters", childOf("stack_id")),
	}
	for _, c := range []interface{ Complete() }{
		inv.KeyPairs, inv.Images, inv.VMs, inv.Hardwares, inv.OperatingSystems, inv.Labels,
		inv.Volumes, inv.Attachments, inv.Snapshots,
		inv.Networks, inv.Subnets, inv.SecurityGroups, inv.Rules, inv.Ports, inv.PortAddresses, inv.FloatingIPs,
		inv.Balancers, inv.Listeners, inv.Members, inv.Databases,
		inv.Stacks, inv.Resources, inv.Outputs, inv.Parameters,
	} {
		c.Complete()
	}
	return inv
}

// unguarded lets most of a table go at once: images that others share are gone when those say so.
func unguarded(o *refresh.CollectionOptions) { o.Guard = &refresh.Guard{Share: 1} }

// scope says which rows are an account's, because several can be in one database.
func scope(account string) map[string]any { return map[string]any{"account": account} }
