package account

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Volumes yields volumes.
func (r *Reading) Volumes(ctx context.Context) iter.Seq2[types.Volume, error] {
	return filtered(r, Volumes, "volume-id", func(filters []types.Filter) iter.Seq2[types.Volume, error] {
		pages := ec2.NewDescribeVolumesPaginator(r.ec2, &ec2.DescribeVolumesInput{Filters: filters})
		return paged(ctx, pages, func(o *ec2.DescribeVolumesOutput) []types.Volume { return o.Volumes })
	})
}

// Snapshots yields snapshots: all that the account owns, or those that are named.
func (r *Reading) Snapshots(ctx context.Context) iter.Seq2[types.Snapshot, error] {
	return filtered(r, Snapshots, "snapshot-id", func(filters []types.Filter) iter.Seq2[types.Snapshot, error] {
		which := &ec2.DescribeSnapshotsInput{Filters: filters}
		if filters == nil {
			which.OwnerIds = []string{"self"}
		}
		pages := ec2.NewDescribeSnapshotsPaginator(r.ec2, which)
		return paged(ctx, pages, func(o *ec2.DescribeSnapshotsOutput) []types.Snapshot { return o.Snapshots })
	})
}
