package main

import (
	"time"

	"github.com/reeve-go/reeve/refresh"
)

// A Balancer is a load balancer, with how it finds out who is well.
type Balancer struct {
	Name           string                       `reeve:"name,key"`
	DNS            string                       `reeve:"dns_name"`
	Scheme         string                       `reeve:"scheme"`
	Check          string                       `reeve:"health_check"` // a protocol and port, and maybe a path
	Interval       int32                        `reeve:"check_seconds"`
	Timeout        int32                        `reeve:"timeout_seconds"`
	Healthy        int32                        `reeve:"healthy_after"`
	Unhealthy      int32                        `reeve:"unhealthy_after"`
	Network        refresh.Ref[Network]         `reeve:"network_id"`
	Subnets        []refresh.Ref[Subnet]        `reeve:"subnets,through=load_balancers_subnets(load_balancer_id,subnet_id)"`
	SecurityGroups []refresh.Ref[SecurityGroup] `reeve:"security_groups,through=load_balancers_security_groups(load_balancer_id,security_group_id)"`
}

// A Listener is a port of a load balancer, and where that leads to.
type Listener struct {
	Balancer         refresh.Ref[Balancer] `reeve:"load_balancer_id,key"`
	Port             int32                 `reeve:"port,key"`
	Protocol         string                `reeve:"protocol"`
	InstancePort     int32                 `reeve:"instance_port"`
	InstanceProtocol string                `reeve:"instance_protocol"`
}

// A Member is an instance behind a load balancer, and how it is.
type Member struct {
	Balancer refresh.Ref[Balancer] `reeve:"load_balancer_id,key"`
	Ref      string                `reeve:"vm_ref,key"` // the instance, whether it is known or not
	VM       refresh.Ref[VM]       `reeve:"vm_id"`
	State    string                `reeve:"state"`
	Reason   string                `reeve:"reason"`
}

// A Stack is things that were made together from a template.
type Stack struct {
	Ref         string             `reeve:"ref,key"`
	Name        string             `reeve:"name"`
	Description string             `reeve:"description"`
	State       string             `reeve:"state"`
	Reason      string             `reeve:"reason"`
	Created     *time.Time         `reeve:"created_at"`
	Parent      refresh.Ref[Stack] `reeve:"parent_id,tree"`
}

// A Resource is one of the things.
type Resource struct {
	Stack    refresh.Ref[Stack] `reeve:"stack_id,key"`
	Name     string             `reeve:"name,key"`
	Physical *string            `reeve:"physical_ref"` // nothing if it could not be made
	Type     string             `reeve:"type"`
	State    string             `reeve:"state"`
	Reason   string             `reeve:"reason"`
	Updated  *time.Time         `reeve:"updated_at"`
}

// An Output is what a stack tells about itself.
type Output struct {
	Stack       refresh.Ref[Stack] `reeve:"stack_id,key"`
	Name        string             `reeve:"name,key"`
	Value       string             `reeve:"value"`
	Description string             `reeve:"description"`
}

// A Parameter is what a stack was told.
type Parameter struct {
	Stack refresh.Ref[Stack] `reeve:"stack_id,key"`
	Name  string             `reeve:"name,key"`
	Value string             `reeve:"value"`
}

// A Database is an instance of one.
type Database struct {
	Name           string                       `reeve:"name,key"`
	Engine         string                       `reeve:"engine"`
	Version        string                       `reeve:"version"`
	Class          string                       `reeve:"class"`
	State          string                       `reeve:"state"`
	Gigabytes      int32                        `reeve:"gigabytes"`
	Host           *string                      `reeve:"host"`
	Port           *int32                       `reeve:"port"`
	Created        *time.Time                   `reeve:"created_at"`
	Zone           refresh.Ref[Zone]            `reeve:"zone_id"`
	Network        refresh.Ref[Network]         `reeve:"network_id"`
	SecurityGroups []refresh.Ref[SecurityGroup] `reeve:"security_groups,through=databases_security_groups(database_id,security_group_id)"`
}
