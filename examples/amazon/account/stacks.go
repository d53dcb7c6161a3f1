package account

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Stacks yields stacks; of those that are named their parents, too.
func (r *Reading) Stacks(ctx context.Context) iter.Seq2[types.Stack, error] {
	if r.names == nil {
		return r.describeStacks(ctx, nil)
	}
	return func(yield func(types.Stack, error) bool) {
		asked, names := Names{}, r.names.of(Stacks)
		for len(names) > 0 {
			name := names[0]
			names = names[1:]
			if asked[Stacks][name] {
				continue
			}
			asked.Add(Stacks, &name)
			for s, err := range r.describeStacks(ctx, &name) {
				if noStack(err) {
					break
				}
				if !yield(s, err) || err != nil {
					return
				}
				if s.ParentId != nil {
					names = append(names, *s.ParentId)
				}
			}
		}
	}
}

// describeStacks leaves out what is deleted: by its ARN that is still described.
func (r *Reading) describeStacks(ctx context.Context, name *string) iter.Seq2[types.Stack, error] {
	pages := cloudformation.NewDescribeStacksPaginator(r.stacks, &cloudformation.DescribeStacksInput{StackName: name})
	return paged(ctx, pages, func(o *cloudformation.DescribeStacksOutput) (there []types.Stack) {
		for _, s := range o.Stacks {
			if s.StackStatus != types.StackStatusDeleteComplete {
				there = append(there, s)
			}
		}
		return there
	})
}

// Resources yields what a stack made; nothing if it is gone.
func (r *Reading) Resources(ctx context.Context, stack *string) iter.Seq2[types.StackResourceSummary, error] {
	pages := cloudformation.NewListStackResourcesPaginator(r.stacks, &cloudformation.ListStackResourcesInput{StackName: stack})
	all := paged(ctx, pages, func(o *cloudformation.ListStackResourcesOutput) []types.StackResourceSummary {
		return o.StackResourceSummaries
	})
	return func(yield func(types.StackResourceSummary, error) bool) {
		for resource, err := range all {
			if noStack(err) || !yield(resource, err) {
				return
			}
		}
	}
}

func noStack(err error) bool { return isFault(err, "ValidationError") }
