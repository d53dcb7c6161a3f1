package account

import (
	"context"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Zones yields availability zones.
func (r *Reading) Zones(ctx context.Context) iter.Seq2[types.AvailabilityZone, error] {
	return filtered(r, Zones, "zone-name", func(filters []types.Filter) iter.Seq2[types.AvailabilityZone, error] {
		return whole(func() (*ec2.DescribeAvailabilityZonesOutput, error) {
			return r.ec2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{Filters: filters})
		}, func(o *ec2.DescribeAvailabilityZonesOutput) []types.AvailabilityZone { return o.AvailabilityZones })
	})
}

// KeyPairs yields key pairs.
func (r *Reading) KeyPairs(ctx context.Context) iter.Seq2[types.KeyPairInfo, error] {
	return filtered(r, KeyPairs, "key-name", func(filters []types.Filter) iter.Seq2[types.KeyPairInfo, error] {
		return whole(func() (*ec2.DescribeKeyPairsOutput, error) {
			return r.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: filters})
		}, func(o *ec2.DescribeKeyPairsOutput) []types.KeyPairInfo { return o.KeyPairs })
	})
}

// Instances yields instances. One that is terminated is gone, although EC2 tells of it for another while.
func (r *Reading) Instances(ctx context.Context) iter.Seq2[types.Instance, error] {
	if r.names != nil {
		return known(r.instances, r.failed[Instances])
	}
	return r.describeInstances(ctx)
}

func (r *Reading) describeInstances(ctx context.Context) iter.Seq2[types.Instance, error] {
	return filtered(r, Instances, "instance-id", func(filters []types.Filter) iter.Seq2[types.Instance, error] {
		return paged(ctx, ec2.NewDescribeInstancesPaginator(r.ec2, &ec2.DescribeInstancesInput{Filters: filters}), instancesOf)
	})
}

func instancesOf(out *ec2.DescribeInstancesOutput) (all []types.Instance) {
	for _, reservation := range out.Reservations {
		all = append(all, reservation.Instances...)
	}
	return slices.DeleteFunc(all, func(i types.Instance) bool {
		return i.State != nil && i.State.Name == types.InstanceStateNameTerminated
	})
}

// Images yields images: of all that there are in the world those that the account owns, that others share with it, and
// that its instances come from. One that is public and not used any more is left out by a full reading alone: asked for
// by its name it is there.
func (r *Reading) Images(ctx context.Context) iter.Seq2[types.Image, error] {
	if r.names != nil {
		return r.imagesNamed(ctx)
	}
	machines := []types.Filter{{Name: aws.String("image-type"), Values: []string{"machine"}}}
	return func(yield func(types.Image, error) bool) {
		seen := map[string]bool{}
		for _, which := range []*ec2.DescribeImagesInput{
			{Owners: []string{"self"}, Filters: machines},
			{ExecutableUsers: []string{"self"}, Filters: machines},
		} {
			for image, err := range r.describeImages(ctx, which) {
				if !yield(image, err) || err != nil {
					return
				}
				seen[aws.ToString(image.ImageId)] = true
			}
		}
		others := Names{}
		for instance, err := range r.Instances(ctx) {
			if err != nil {
				yield(types.Image{}, err)
				return
			}
			if !seen[aws.ToString(instance.ImageId)] {
				others.Add(Images, instance.ImageId)
			}
		}
		pass((&Reading{Account: r.Account, names: others}).imagesNamed(ctx), yield)
	}
}

func (r *Reading) imagesNamed(ctx context.Context) iter.Seq2[types.Image, error] {
	return filtered(r, Images, "image-id", func(filters []types.Filter) iter.Seq2[types.Image, error] {
		return r.describeImages(ctx, &ec2.DescribeImagesInput{Filters: filters})
	})
}

func (r *Reading) describeImages(ctx context.Context, which *ec2.DescribeImagesInput) iter.Seq2[types.Image, error] {
	return paged(ctx, ec2.NewDescribeImagesPaginator(r.ec2, which), func(o *ec2.DescribeImagesOutput) []types.Image { return o.Images })
}
