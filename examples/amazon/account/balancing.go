package account

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
)

// LoadBalancers yields load balancers, classic ones.
func (r *Reading) LoadBalancers(ctx context.Context) iter.Seq2[types.LoadBalancerDescription, error] {
	return each(r, LoadBalancers, noBalancer, func(name *string) iter.Seq2[types.LoadBalancerDescription, error] {
		which := &elasticloadbalancing.DescribeLoadBalancersInput{}
		if name != nil {
			which.LoadBalancerNames = []string{*name}
		}
		pages := elasticloadbalancing.NewDescribeLoadBalancersPaginator(r.balancing, which)
		return paged(ctx, pages, func(o *elasticloadbalancing.DescribeLoadBalancersOutput) []types.LoadBalancerDescription {
			return o.LoadBalancerDescriptions
		})
	})
}

// Health returns how the instances behind a load balancer are; nothing if it is gone.
func (r *Reading) Health(ctx context.Context, balancer *string) ([]types.InstanceState, error) {
	out, err := r.balancing.DescribeInstanceHealth(ctx, &elasticloadbalancing.DescribeInstanceHealthInput{LoadBalancerName: balancer})
	if noBalancer(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return out.InstanceStates, nil
}

func noBalancer(err error) bool { return isFault(err, "LoadBalancerNotFound") }
