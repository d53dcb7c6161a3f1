package main

import "github.com/reeve-go/reeve/refresh"

// A Network is a VPC.
type Network struct {
	Ref     string             `reeve:"ref,key"`
	Name    string             `reeve:"name"`
	CIDR    string             `reeve:"cidr"`
	State   string             `reeve:"state"`
	Default bool               `reeve:"is_default"`
	Stack   refresh.Ref[Stack] `reeve:"stack_id"`
}

// A Subnet is a part of a network in one zone.
type Subnet struct {
	Ref     string               `reeve:"ref,key"`
	Name    string               `reeve:"name"`
	CIDR    string               `reeve:"cidr"`
	State   string               `reeve:"state"`
	Network refresh.Ref[Network] `reeve:"network_id"`
	Zone    refresh.Ref[Zone]    `reeve:"zone_id"`
	Stack   refresh.Ref[Stack]   `reeve:"stack_id"`
}

// A SecurityGroup says who may talk to its members.
type SecurityGroup struct {
	Ref         string               `reeve:"ref,key"`
	Name        string               `reeve:"name"`
	Description string               `reeve:"description"`
	Network     refresh.Ref[Network] `reeve:"network_id"` // nothing in EC2-Classic
	Stack       refresh.Ref[Stack]   `reeve:"stack_id"`
}

// A Rule is one thing that a security group lets pass.
type Rule struct {
	Group     refresh.Ref[SecurityGroup] `reeve:"security_group_id,key"`
	Direction string                     `reeve:"direction,key"` // inbound or outbound
	Protocol  string                     `reeve:"protocol,key"`
	FromPort  int32                      `reeve:"from_port,key"` // -1: any
	ToPort    int32                      `reeve:"to_port,key"`
	Peer      string                     `reeve:"peer,key"`           // addresses, a prefix list or a group
	PeerGroup refresh.Ref[SecurityGroup] `reeve:"peer_group_id,stub"` // the group, if that is what it is: maybe another account's
}

// A Port connects something with a subnet.
type Port struct {
	Ref            string                       `reeve:"ref,key"`
	Name           string                       `reeve:"name"`
	Description    string                       `reeve:"description"`
	State          string                       `reeve:"state"`
	MAC            string                       `reeve:"mac"`
	Subnet         refresh.Ref[Subnet]          `reeve:"subnet_id"`
	VM             refresh.Ref[VM]              `reeve:"vm_id"`
	SecurityGroups []refresh.Ref[SecurityGroup] `reeve:"security_groups,through=network_ports_security_groups(network_port_id,security_group_id)"`
}

// A PortAddress is an address of a port, with the one by which the world knows it.
type PortAddress struct {
	Port   refresh.Ref[Port] `reeve:"network_port_id,key"`
	IP     string            `reeve:"ip,key"`
	Public *string           `reeve:"public_ip"`
}

// A FloatingIP is an address that the account keeps, whatever it is used for.
type FloatingIP struct {
	Ref     string            `reeve:"ref,key"`
	Address string            `reeve:"address"`
	Private *string           `reeve:"private_ip"`
	Domain  string            `reeve:"domain"` // vpc, or standard in EC2-Classic
	Port    refresh.Ref[Port] `reeve:"network_port_id"`
	VM      refresh.Ref[VM]   `reeve:"vm_id"`
}
