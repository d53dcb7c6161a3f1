package main

import (
	"time"

	"github.com/reeve-go/reeve/refresh"
)

// A Zone is a place where things run.
type Zone struct {
	Name  string `reeve:"name,key"`
	State string `reeve:"state"`
}

// A KeyPair lets its owner into instances.
type KeyPair struct {
	Name        string `reeve:"name,key"`
	Fingerprint string `reeve:"fingerprint"`
}

// An Image is what instances are made from.
type Image struct {
	Ref      string `reeve:"ref,key"`
	Name     string `reeve:"name"`
	Location string `reeve:"location"`
	Owner    string `reeve:"owner"`
	Public   bool   `reeve:"public"`
	State    string `reeve:"state"`
}

// A VM is an instance.
type VM struct {
	Ref            string                       `reeve:"ref,key"`
	Name           string                       `reeve:"name"`
	State          string                       `reeve:"state"`
	Type           string                       `reeve:"type"`
	Launched       *time.Time                   `reeve:"launched_at"`
	PrivateIP      *string                      `reeve:"private_ip"`
	PublicIP       *string                      `reeve:"public_ip"`
	Image          refresh.Ref[Image]           `reeve:"image_id"`
	Zone           refresh.Ref[Zone]            `reeve:"zone_id"`
	KeyPair        refresh.Ref[KeyPair]         `reeve:"key_pair_id"`
	Network        refresh.Ref[Network]         `reeve:"network_id"`
	Subnet         refresh.Ref[Subnet]          `reeve:"subnet_id"`
	Stack          refresh.Ref[Stack]           `reeve:"stack_id"`
	SecurityGroups []refresh.Ref[SecurityGroup] `reeve:"security_groups,through=vms_security_groups(vm_id,security_group_id)"`
}

// A Hardware is what an instance runs on, or an image is for.
type Hardware struct {
	Owner          refresh.AnyRef        `reeve:"owner_id,key,to=vms|images,type=owner_type"`
	Architecture   string                `reeve:"architecture"`
	Virtualization string                `reeve:"virtualization"`
	RootDevice     string                `reeve:"root_device"`
	Cores          *int32                `reeve:"cores"`
	GuestOS        refresh.Value[string] `reeve:"guest_os"` // an instance's is that of its image
}

// An OperatingSystem is what runs there.
type OperatingSystem struct {
	Owner   refresh.AnyRef        `reeve:"owner_id,key,to=vms|images,type=owner_type"`
	Product refresh.Value[string] `reeve:"product_name"` // what the image's hardware is for
}

// A Label is what people have written on an instance or image.
type Label struct {
	Owner refresh.AnyRef `reeve:"owner_id,key,to=vms|images,type=owner_type"`
	Name  string         `reeve:"name,key"`
	Value string         `reeve:"value"`
}
