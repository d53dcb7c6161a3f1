package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/disk"
)

// readHardware reads what the firmware says of the machine. Most of it is Linux's, and the serial
// number is for root alone.
func (f *Facts) readHardware(sys string) {
	dmi := filepath.Join(sys, "class", "dmi", "id")
	if !exists(dmi) {
		f.note("hardware", fmt.Errorf("there is no %s", dmi))
		return
	}
	for _, fact := range []struct {
		name, file string
		to         *string
	}{
		{"vendor", "sys_vendor", &f.Hardware.Vendor},
		{"product", "product_name", &f.Hardware.Product},
		{"serial number", "product_serial", &f.Hardware.Serial},
	} {
		var err error
		*fact.to, err = line(dmi, fact.file)
		f.note(fact.name, err)
	}
}

// readDisks lists the block devices where the system has a list of them, and elsewhere the mounted
// partitions.
func (f *Facts) readDisks(ctx context.Context, sys string) {
	devices, err := os.ReadDir(filepath.Join(sys, "block"))
	if err != nil {
		f.readPartitions(ctx)
		return
	}
	for _, device := range devices {
		dir := filepath.Join(sys, "block", device.Name())
		sectors, err := line(dir, "size")
		if err == nil && sectors == "0" {
			continue // a drive without a medium, a loop without a file
		}
		f.note("size of "+device.Name(), err)
		n, _ := strconv.ParseUint(sectors, 10, 64)
		f.Disks = append(f.Disks, Disk{
			Name: device.Name(), Size: n * 512, Model: optional(dir, "device", "model"),
			Spinning: optional(dir, "queue", "rotational") == "1", Removable: optional(dir, "removable") == "1",
			Virtual: !exists(dir, "device"),
		})
	}
}

func (f *Facts) readPartitions(ctx context.Context) {
	partitions, err := disk.PartitionsWithContext(ctx, false)
	f.note("disks", err)
	for _, p := range partitions {
		one := Disk{Name: p.Device}
		usage, err := disk.UsageWithContext(ctx, p.Mountpoint)
		f.note("size of "+p.Device, err)
		if err == nil {
			one.Size = usage.Total
		}
		f.Disks = append(f.Disks, one)
	}
}

// line reads a file that holds one line.
func line(path ...string) (string, error) {
	b, err := os.ReadFile(filepath.Join(path...))
	return strings.TrimSpace(string(b)), err
}

// optional reads a file that not every device has.
func optional(path ...string) string {
	s, _ := line(path...)
	return s
}

func exists(path ...string) bool {
	_, err := os.Stat(filepath.Join(path...))
	return err == nil
}
