package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/refresh"
)

func parseBalancers(ctx context.Context, r *account.Reading, inv *Inventory) error {
	return refresh.Each(ctx, r.LoadBalancers(ctx), func(b types.LoadBalancerDescription) error {
		row := inv.balancer(&b)
		states, err := r.Health(ctx, b.LoadBalancerName)
		for _, of := range states {
			inv.Members.Build(Member{
				Balancer: row, Ref: text(of.InstanceId), VM: inv.VMs.LazyFind(text(of.InstanceId)),
				State: text(of.State), Reason: text(of.Description),
			})
		}
		return err
	})
}

func (inv *Inventory) balancer(b *types.LoadBalancerDescription) refresh.Ref[Balancer] {
	row := Balancer{
		Name: text(b.LoadBalancerName), DNS: text(b.DNSName), Scheme: text(b.Scheme), Network: inv.Networks.LazyFind(text(b.VPCId)),
	}
	if c := b.HealthCheck; c != nil {
		row.Check, row.Interval, row.Timeout = text(c.Target), aws.ToInt32(c.Interval), aws.ToInt32(c.Timeout)
		row.Healthy, row.Unhealthy = aws.ToInt32(c.HealthyThreshold), aws.ToInt32(c.UnhealthyThreshold)
	}
	for _, id := range b.Subnets {
		row.Subnets = append(row.Subnets, inv.Subnets.LazyFind(id))
	}
	for _, id := range b.SecurityGroups {
		row.SecurityGroups = append(row.SecurityGroups, inv.SecurityGroups.LazyFind(id))
	}
	balancer := inv.Balancers.Build(row)
	for _, d := range b.ListenerDescriptions {
		if l := d.Listener; l != nil {
			inv.Listeners.Build(Listener{
				Balancer: balancer, Port: l.LoadBalancerPort, Protocol: text(l.Protocol),
				InstancePort: aws.ToInt32(l.InstancePort), InstanceProtocol: text(l.InstanceProtocol),
			})
		}
	}
	return balancer
}
