package account

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// Stacks yields stacks; of those that are named the ones above them, too.
func (r *Reading) Stacks(ctx context.Context) iter.Seq2[types.Stack, error] {
	if r.names == nil {
		return r.describeStacks(ctx, nil)
	}
	return func(yield func(types.Stack, error) bool) {
		named := r.names.of(Stacks)
		names := slices.Concat(named, r.linked(Stacks))
		for i := 0; i < len(names); i++ {
			leftOut := noStack
			if i >= len(named) {
				leftOut = refused // as one that is not there is, too
			}
			for s, err := range unless(leftOut, r.describeStacks(ctx, &names[i])) {
				if !yield(s, err) || err != nil {
					return
				}
				if s.ParentId != nil && !slices.Contains(names, *s.ParentId) {
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
	return unless(noStack, all)
}

// noStack reports whether an error says that there is no such stack. Its code is that of all questions with a mistake.
func noStack(err error) bool {
	fault, ok := errors.AsType[smithy.APIError](err)
	return ok && fault.ErrorCode() == "ValidationError" && strings.Contains(fault.ErrorMessage(), "does not exist")
}
