package main

import (
	"context"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

// The rows as GORM would have them.
type (
	gormHost struct {
		ID                               int64
		Manager, EmsRef                  string
		Name, Address, Vendor, Model, OS string
		Cpus                             int
		Memory                           int64
		Maintenance                      bool
	}
	gormVM struct {
		ID                            int64
		Manager, EmsRef               string
		UUID, Name, OS, Power, Flavor string
		Cpus                          int
		Memory                        int64
		Template                      bool
		Boot                          time.Time
		HostID                        int64
	}
	gormDisk struct {
		ID                                 int64
		VMID                               int64 `gorm:"column:vm_id"`
		DeviceName, File, Controller, Mode string
		Size                               int64
	}
)

func (gormHost) TableName() string { return "hosts" }
func (gormVM) TableName() string   { return "vms" }
func (gormDisk) TableName() string { return "disks" }

// openGORM returns GORM on a site, as it is but for its log.
func (e *site) openGORM(s *setup) (*gorm.DB, error) {
	db, err := gorm.Open(postgres.Open(e.pool.Config().ConnString()+"&search_path="+e.schema), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	s.closeAfter(pool)
	return db, nil
}

// gormRows is how many rows a statement has: the most columns that there are, times them, are less than 65,536.
const gormRows = 1000

// upsertCloud is how a host refreshes that uses GORM: everything is inserted or, if it is there, overwritten. It finds
// references by the ids that GORM gives to what it has inserted.
func upsertCloud(ctx context.Context, db *gorm.DB, c *cloud) error {
	db = db.WithContext(ctx)
	upsert := func(key ...clause.Column) *gorm.DB {
		return db.Clauses(clause.OnConflict{Columns: key, UpdateAll: true})
	}
	hosts, ids := make([]gormHost, len(c.hosts)), make(map[string]int64, len(c.vms))
	for i, h := range c.hosts {
		hosts[i] = gormHost{
			Manager: "one", EmsRef: h.id, Name: h.name, Address: h.address, Vendor: h.vendor, Model: h.model, OS: h.os,
			Cpus: h.cpus, Memory: int64(h.memory), Maintenance: h.maintenance,
		}
	}
	manager, ref := clause.Column{Name: "manager"}, clause.Column{Name: "ems_ref"}
	if err := upsert(manager, ref).CreateInBatches(&hosts, gormRows).Error; err != nil {
		return err
	}
	for i := range hosts {
		ids[hosts[i].EmsRef] = hosts[i].ID
	}
	vms := make([]gormVM, len(c.vms))
	for i, vm := range c.vms {
		vms[i] = gormVM{
			Manager: "one", EmsRef: vm.id, UUID: vm.uuid, Name: vm.name, OS: vm.os, Power: vm.power, Flavor: vm.flavor,
			Cpus: vm.cpus, Memory: int64(vm.memory), Template: vm.template, Boot: vm.boot, HostID: ids[vm.host],
		}
	}
	if err := upsert(manager, ref).CreateInBatches(&vms, gormRows).Error; err != nil {
		return err
	}
	for i := range vms {
		ids[vms[i].EmsRef] = vms[i].ID
	}
	disks := make([]gormDisk, len(c.disks))
	for i, d := range c.disks {
		disks[i] = gormDisk{VMID: ids[d.vm], DeviceName: d.device, File: d.file, Controller: d.controller, Mode: d.mode, Size: int64(d.size)}
	}
	return upsert(clause.Column{Name: "vm_id"}, clause.Column{Name: "device_name"}).CreateInBatches(&disks, gormRows).Error
}
