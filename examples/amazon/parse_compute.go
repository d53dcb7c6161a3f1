package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/reeve-go/reeve/refresh"
)

func (inv *Inventory) zone(z *types.AvailabilityZone) {
	inv.Zones.Build(Zone{Name: text(z.ZoneName), State: string(z.State)})
}

func (inv *Inventory) keyPair(k *types.KeyPairInfo) {
	inv.KeyPairs.Build(KeyPair{Name: text(k.KeyName), Fingerprint: text(k.KeyFingerprint)})
}

func (inv *Inventory) image(i *types.Image) {
	image := inv.Images.Build(Image{
		Ref: text(i.ImageId), Name: nameIn(i.Tags, i.Name), Location: text(i.ImageLocation), Owner: text(i.OwnerId),
		Public: aws.ToBool(i.Public), State: string(i.State),
	})
	inv.Hardwares.Build(Hardware{
		Owner: image.Any(), Architecture: string(i.Architecture), Virtualization: string(i.VirtualizationType),
		RootDevice: string(i.RootDeviceType), GuestOS: refresh.Of(guestOS(i)),
	})
	inv.describe(image.Any(), image, i.Tags)
}

func (inv *Inventory) instance(i *types.Instance) {
	image := inv.Images.LazyFind(text(i.ImageId))
	row := VM{
		Ref: text(i.InstanceId), Name: nameIn(i.Tags, i.InstanceId), Type: string(i.InstanceType), Launched: moment(i.LaunchTime),
		PrivateIP: unlessEmpty(i.PrivateIpAddress), PublicIP: unlessEmpty(i.PublicIpAddress),
		Image: image, KeyPair: inv.KeyPairs.LazyFind(text(i.KeyName)), Stack: inv.stackOf(i.Tags),
		Network: inv.Networks.LazyFind(text(i.VpcId)), Subnet: inv.Subnets.LazyFind(text(i.SubnetId)),
	}
	if i.State != nil {
		row.State = string(i.State.Name)
	}
	if i.Placement != nil {
		row.Zone = inv.Zones.LazyFind(text(i.Placement.AvailabilityZone))
	}
	for _, of := range i.SecurityGroups {
		row.SecurityGroups = append(row.SecurityGroups, inv.SecurityGroups.LazyFind(text(of.GroupId)))
	}
	vm := inv.VMs.Build(row)
	hardware := Hardware{
		Owner: vm.Any(), Architecture: string(i.Architecture), Virtualization: string(i.VirtualizationType),
		RootDevice: string(i.RootDeviceType), GuestOS: inv.guestOSOf(image),
	}
	if i.CpuOptions != nil {
		hardware.Cores = i.CpuOptions.CoreCount
	}
	inv.Hardwares.Build(hardware)
	inv.describe(vm.Any(), image, i.Tags)
}

// describe builds what instances and images have in common: an operating system, which is the image's, and labels.
func (inv *Inventory) describe(owner refresh.AnyRef, image refresh.Ref[Image], tags []types.Tag) {
	inv.OperatingSystems.Build(OperatingSystem{Owner: owner, Product: inv.guestOSOf(image)})
	for _, tag := range tags {
		inv.Labels.Build(Label{Owner: owner, Name: text(tag.Key), Value: text(tag.Value)})
	}
}

// guestOSOf returns what the hardware of an image is for, whenever that is known.
func (inv *Inventory) guestOSOf(image refresh.Ref[Image]) refresh.Value[string] {
	hardware := inv.Hardwares.LazyFindLike(Hardware{Owner: image.Any()})
	return refresh.FromValue(hardware, func(h *Hardware) *refresh.Value[string] { return &h.GuestOS }, "unknown")
}
