package main

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/refresh"
)

// A cloud is what a cloud has, as its interface would tell: two disks a machine.
type cloud struct {
	hosts []cloudHost
	vms   []cloudVM
	disks []cloudDisk
}

type (
	cloudHost struct {
		id, name, address, vendor, model, os string
		cpus, memory                         int
		maintenance                          bool
	}
	cloudVM struct {
		id, host, uuid, name, os, power, flavor string
		cpus, memory                            int
		template                                bool
		boot                                    time.Time
	}
	cloudDisk struct {
		vm, device, file, controller, mode string
		size                               int
	}
)

// newCloud returns a cloud with a host for so many machines.
func newCloud(machines, perHost int) *cloud {
	c := &cloud{}
	for i := range machines / perHost {
		c.hosts = append(c.hosts, cloudHost{
			id: fmt.Sprintf("host-%06d", i), name: fmt.Sprintf("node%d.example.org", i), address: fmt.Sprintf("192.0.%d.%d", i/250, i%250+2),
			vendor: "Acme", model: "Anvil 9", os: "Linux 6.12", cpus: 64, memory: 512 << 10, maintenance: i%50 == 0,
		})
	}
	booted := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range machines {
		vm := cloudVM{
			id: fmt.Sprintf("vm-%08d", i), host: c.hosts[i/perHost].id, uuid: fmt.Sprintf("4c4c4544-0042-4a10-8053-%012x", i), name: fmt.Sprintf("machine-%d", i),
			os: "Linux 6.12", power: "on", flavor: "m5.large", cpus: 2 + i%7, memory: 4096 << (i % 3), boot: booted.Add(time.Duration(i) * time.Minute),
		}
		c.vms = append(c.vms, vm)
		for _, device := range []string{"sda", "sdb"} {
			c.disks = append(c.disks, cloudDisk{
				vm: vm.id, device: device, file: "/pool/" + vm.id + "/" + device + ".qcow2", controller: "scsi0", mode: "persistent", size: (20 + i%100) << 30,
			})
		}
	}
	return c
}

func (c *cloud) rows() int { return len(c.hosts) + len(c.vms) + len(c.disks) }

// cloudTables are those of the rows, as a host would make them.
const cloudTables = `
CREATE TABLE hosts (
	id INTEGER PRIMARY KEY, manager TEXT NOT NULL, ems_ref TEXT NOT NULL,
	name TEXT, address TEXT, vendor TEXT, model TEXT, os TEXT, cpus INTEGER, memory INTEGER, maintenance BOOLEAN,
	UNIQUE (manager, ems_ref));
CREATE TABLE vms (
	id INTEGER PRIMARY KEY, manager TEXT NOT NULL, ems_ref TEXT NOT NULL,
	uuid TEXT, name TEXT, os TEXT, power TEXT, flavor TEXT, cpus INTEGER, memory INTEGER, template BOOLEAN, boot DATETIME,
	host_id INTEGER REFERENCES hosts (id) ON DELETE SET NULL,
	UNIQUE (manager, ems_ref));
CREATE TABLE disks (
	id INTEGER PRIMARY KEY, vm_id INTEGER NOT NULL REFERENCES vms (id) ON DELETE CASCADE,
	device_name TEXT NOT NULL, file TEXT, controller TEXT, mode TEXT, size INTEGER,
	UNIQUE (vm_id, device_name))`

type (
	hostRow struct {
		Ref         string `reeve:"ems_ref,key"`
		Name        string `reeve:"name"`
		Address     string `reeve:"address"`
		Vendor      string `reeve:"vendor"`
		Model       string `reeve:"model"`
		OS          string `reeve:"os"`
		CPUs        int    `reeve:"cpus"`
		Memory      int    `reeve:"memory"`
		Maintenance bool   `reeve:"maintenance"`
	}
	vmRow struct {
		Ref      string               `reeve:"ems_ref,key"`
		UUID     string               `reeve:"uuid"`
		Name     string               `reeve:"name"`
		OS       string               `reeve:"os"`
		Power    string               `reeve:"power"`
		Flavor   string               `reeve:"flavor"`
		CPUs     int                  `reeve:"cpus"`
		Memory   int                  `reeve:"memory"`
		Template bool                 `reeve:"template"`
		Boot     time.Time            `reeve:"boot"`
		Host     refresh.Ref[hostRow] `reeve:"host_id"`
	}
	diskRow struct {
		VM         refresh.Ref[vmRow] `reeve:"vm_id,key"`
		Device     string             `reeve:"device_name,key"`
		File       string             `reeve:"file"`
		Controller string             `reeve:"controller"`
		Mode       string             `reeve:"mode"`
		Size       int                `reeve:"size"`
	}
)

// A cloudInventory is the collections of a cloud.
type cloudInventory struct {
	hosts *refresh.Collection[hostRow]
	vms   *refresh.Collection[vmRow]
	disks *refresh.Collection[diskRow]
}

// declareCloud returns what declares the collections; hash is the column of their hashes, if it is not empty.
func declareCloud(hash string) func(b *refresh.Builder) *cloudInventory {
	return func(b *refresh.Builder) *cloudInventory {
		return &cloudInventory{
			hosts: refresh.Add[hostRow](b, "hosts", &refresh.CollectionOptions{Hash: hash}),
			vms:   refresh.Add[vmRow](b, "vms", &refresh.CollectionOptions{Hash: hash}),
			disks: refresh.Add[diskRow](b, "disks", &refresh.CollectionOptions{Hash: hash, ChildOf: []string{"vm_id"}}),
		}
	}
}

// parse is a host's parser.
func (c *cloud) parse(inv *cloudInventory) {
	for i := range c.hosts {
		h := &c.hosts[i]
		inv.hosts.Build(hostRow{
			Ref: h.id, Name: h.name, Address: h.address, Vendor: h.vendor, Model: h.model, OS: h.os,
			CPUs: h.cpus, Memory: h.memory, Maintenance: h.maintenance,
		})
	}
	for i := range c.vms {
		vm := &c.vms[i]
		inv.vms.Build(vmRow{
			Ref: vm.id, UUID: vm.uuid, Name: vm.name, OS: vm.os, Power: vm.power, Flavor: vm.flavor,
			CPUs: vm.cpus, Memory: vm.memory, Template: vm.template, Boot: vm.boot, Host: inv.hosts.LazyFind(vm.host),
		})
	}
	for i := range c.disks {
		d := &c.disks[i]
		inv.disks.Build(diskRow{
			VM: inv.vms.LazyFind(d.vm), Device: d.device, File: d.file, Controller: d.controller, Mode: d.mode, Size: d.size,
		})
	}
}
