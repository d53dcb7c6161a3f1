package account

import (
	"context"
	"iter"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Networks yields VPCs.
func (r *Reading) Networks(ctx context.Context) iter.Seq2[types.Vpc, error] {
	return filtered(r, Networks, "vpc-id", func(filters []types.Filter) iter.Seq2[types.Vpc, error] {
		pages := ec2.NewDescribeVpcsPaginator(r.ec2, &ec2.DescribeVpcsInput{Filters: filters})
		return paged(ctx, pages, func(o *ec2.DescribeVpcsOutput) []types.Vpc { return o.Vpcs })
	})
}

// Subnets yields subnets.
func (r *Reading) Subnets(ctx context.Context) iter.Seq2[types.Subnet, error] {
	return filtered(r, Subnets, "subnet-id", func(filters []types.Filter) iter.Seq2[types.Subnet, error] {
		pages := ec2.NewDescribeSubnetsPaginator(r.ec2, &ec2.DescribeSubnetsInput{Filters: filters})
		return paged(ctx, pages, func(o *ec2.DescribeSubnetsOutput) []types.Subnet { return o.Subnets })
	})
}

// SecurityGroups yields security groups, with their rules.
func (r *Reading) SecurityGroups(ctx context.Context) iter.Seq2[types.SecurityGroup, error] {
	return filtered(r, SecurityGroups, "group-id", func(filters []types.Filter) iter.Seq2[types.SecurityGroup, error] {
		pages := ec2.NewDescribeSecurityGroupsPaginator(r.ec2, &ec2.DescribeSecurityGroupsInput{Filters: filters})
		return paged(ctx, pages, func(o *ec2.DescribeSecurityGroupsOutput) []types.SecurityGroup { return o.SecurityGroups })
	})
}

// NetworkInterfaces yields network interfaces.
func (r *Reading) NetworkInterfaces(ctx context.Context) iter.Seq2[types.NetworkInterface, error] {
	if r.names != nil {
		return known(r.interfaces, r.failed[NetworkInterfaces])
	}
	return r.describeInterfaces(ctx)
}

func (r *Reading) describeInterfaces(ctx context.Context) iter.Seq2[types.NetworkInterface, error] {
	return filtered(r, NetworkInterfaces, "network-interface-id", func(filters []types.Filter) iter.Seq2[types.NetworkInterface, error] {
		pages := ec2.NewDescribeNetworkInterfacesPaginator(r.ec2, &ec2.DescribeNetworkInterfacesInput{Filters: filters})
		return paged(ctx, pages, func(o *ec2.DescribeNetworkInterfacesOutput) []types.NetworkInterface { return o.NetworkInterfaces })
	})
}

// Addresses yields elastic addresses. Those of EC2-Classic have no allocation and are named by themselves.
func (r *Reading) Addresses(ctx context.Context) iter.Seq2[types.Address, error] {
	if r.names == nil {
		return r.describeAddresses(ctx, nil)
	}
	isAddress := func(name string) bool { _, err := netip.ParseAddr(name); return err == nil }
	isAllocation := func(name string) bool { return !isAddress(name) }
	return func(yield func(types.Address, error) bool) {
		for _, of := range []struct {
			filter string
			which  func(name string) bool
		}{{"allocation-id", isAllocation}, {"public-ip", isAddress}} {
			some := &Reading{names: r.names.only(Addresses, of.which), links: r.links.only(Addresses, of.which)}
			if !pass(filtered(some, Addresses, of.filter, func(filters []types.Filter) iter.Seq2[types.Address, error] {
				return r.describeAddresses(ctx, filters)
			}), yield) {
				return
			}
		}
	}
}

func (r *Reading) describeAddresses(ctx context.Context, filters []types.Filter) iter.Seq2[types.Address, error] {
	return whole(func() (*ec2.DescribeAddressesOutput, error) {
		return r.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filters})
	}, func(o *ec2.DescribeAddressesOutput) []types.Address { return o.Addresses })
}

// AddressName returns what names an address.
func AddressName(a *types.Address) string {
	if name := aws.ToString(a.AllocationId); name != "" {
		return name
	}
	return aws.ToString(a.PublicIp)
}
