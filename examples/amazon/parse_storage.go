package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func (inv *Inventory) volume(v *types.Volume) {
	volume := inv.Volumes.Build(Volume{
		Ref: text(v.VolumeId), Name: nameIn(v.Tags, v.VolumeId), Type: string(v.VolumeType), State: string(v.State),
		Gigabytes: aws.ToInt32(v.Size), IOPS: v.Iops, Encrypted: aws.ToBool(v.Encrypted), Created: moment(v.CreateTime),
		Zone: inv.Zones.LazyFind(text(v.AvailabilityZone)), Snapshot: inv.Snapshots.LazyFind(text(v.SnapshotId)),
	})
	for _, a := range v.Attachments {
		inv.Attachments.Build(Attachment{
			Volume: volume, Ref: text(a.InstanceId), VM: inv.VMs.LazyFind(text(a.InstanceId)),
			Device: text(a.Device), State: string(a.State),
		})
	}
}

func (inv *Inventory) snapshot(s *types.Snapshot) {
	inv.Snapshots.Build(Snapshot{
		Ref: text(s.SnapshotId), Name: nameIn(s.Tags, s.SnapshotId), Description: text(s.Description), State: string(s.State),
		Gigabytes: aws.ToInt32(s.VolumeSize), Encrypted: aws.ToBool(s.Encrypted), Started: moment(s.StartTime),
		Volume: inv.Volumes.LazyFind(text(s.VolumeId)),
	})
}
