package account

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Targeted returns a reading of what is named, and of what the links of that need: what an instance is made from and
// connected with, the addresses of its interfaces, the stacks above a stack. What is named and cannot be read is an error
// of the sequence that should have yielded it, and so is what a link leads to, unless that is refused for good.
func (a *Account) Targeted(ctx context.Context, names Names) *Reading {
	r := &Reading{Account: a, names: names, links: Names{}, failed: map[Kind]error{}}
	r.instances, r.failed[Instances] = collect(r.describeInstances(ctx))
	for i := range r.instances {
		r.links.addLinks(&r.instances[i])
	}
	r.interfaces, r.failed[NetworkInterfaces] = collect(r.describeInterfaces(ctx))
	for i := range r.interfaces {
		for _, ip := range r.interfaces[i].PrivateIpAddresses {
			if ip.Association != nil {
				r.links.Add(Addresses, ip.Association.AllocationId)
			}
		}
	}
	return r
}

// addLinks adds what an instance points at.
func (n Names) addLinks(i *types.Instance) {
	n.Add(Images, i.ImageId)
	n.Add(KeyPairs, i.KeyName)
	n.Add(Stacks, Tag(i.Tags, StackTag))
	if i.Placement != nil {
		n.Add(Zones, i.Placement.AvailabilityZone)
	}
	for _, of := range i.NetworkInterfaces {
		n.Add(NetworkInterfaces, of.NetworkInterfaceId)
		n.Add(Subnets, of.SubnetId)
		n.Add(Networks, of.VpcId)
	}
	for _, of := range i.SecurityGroups {
		n.Add(SecurityGroups, of.GroupId)
	}
	for _, of := range i.BlockDeviceMappings {
		if of.Ebs != nil {
			n.Add(Volumes, of.Ebs.VolumeId)
		}
	}
	if len(i.NetworkInterfaces) == 0 {
		n.Add(Addresses, i.PublicIpAddress) // in EC2-Classic nothing else tells it
	}
}

// StackTag is the tag by which a stack marks what it made: its value is the stack's ARN.
const StackTag = "aws:cloudformation:stack-id"

// Tag returns the value of a tag; nil: there is none.
func Tag(tags []types.Tag, key string) *string {
	for _, tag := range tags {
		if aws.ToString(tag.Key) == key {
			return tag.Value
		}
	}
	return nil
}

// collect returns what a sequence yields, and how it ended.
func collect[V any](all iter.Seq2[V, error]) (out []V, err error) {
	for v, err := range all {
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}
