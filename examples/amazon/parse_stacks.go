package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/refresh"
)

func parseStacks(ctx context.Context, r *account.Reading, inv *Inventory) error {
	return refresh.Each(ctx, r.Stacks(ctx), func(s types.Stack) error {
		stack := inv.stack(&s)
		return refresh.Each(ctx, r.Resources(ctx, s.StackName), func(of types.StackResourceSummary) error {
			inv.Resources.Build(Resource{
				Stack: stack, Name: text(of.LogicalResourceId), Physical: unlessEmpty(of.PhysicalResourceId), Type: text(of.ResourceType),
				State: string(of.ResourceStatus), Reason: text(of.ResourceStatusReason), Updated: moment(of.LastUpdatedTimestamp),
			})
			return nil
		})
	})
}

func (inv *Inventory) stack(s *types.Stack) refresh.Ref[Stack] {
	stack := inv.Stacks.Build(Stack{
		Ref: text(s.StackId), Name: text(s.StackName), Description: text(s.Description), State: string(s.StackStatus),
		Reason: text(s.StackStatusReason), Created: moment(s.CreationTime), Parent: inv.Stacks.LazyFind(text(s.ParentId)),
	})
	for _, o := range s.Outputs {
		inv.Outputs.Build(Output{Stack: stack, Name: text(o.OutputKey), Value: text(o.OutputValue), Description: text(o.Description)})
	}
	for _, p := range s.Parameters {
		inv.Parameters.Build(Parameter{Stack: stack, Name: text(p.ParameterKey), Value: text(p.ParameterValue)})
	}
	return stack
}
