package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func (inv *Inventory) database(d *types.DBInstance) {
	row := Database{
		Name: text(d.DBInstanceIdentifier), Engine: text(d.Engine), Version: text(d.EngineVersion), Class: text(d.DBInstanceClass),
		State: text(d.DBInstanceStatus), Gigabytes: aws.ToInt32(d.AllocatedStorage), Created: moment(d.InstanceCreateTime),
		Zone: inv.Zones.LazyFind(text(d.AvailabilityZone)),
	}
	if d.Endpoint != nil {
		row.Host, row.Port = unlessEmpty(d.Endpoint.Address), d.Endpoint.Port
	}
	if d.DBSubnetGroup != nil {
		row.Network = inv.Networks.LazyFind(text(d.DBSubnetGroup.VpcId))
	}
	for _, of := range d.VpcSecurityGroups {
		row.SecurityGroups = append(row.SecurityGroups, inv.SecurityGroups.LazyFind(text(of.VpcSecurityGroupId)))
	}
	inv.Databases.Build(row)
}
