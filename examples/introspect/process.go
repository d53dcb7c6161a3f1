package main

import "errors"

// Properties are what a scheduler wants to know of a node, made from its facts.
type Properties struct {
	CPUs         int    `json:"cpus"`
	Architecture string `json:"cpu_arch,omitempty"`
	MemoryMB     uint64 `json:"memory_mb"`
	LocalGB      uint64 `json:"local_gb"`
	RootDisk     string `json:"root_disk,omitempty"`
	BootMAC      string `json:"boot_mac,omitempty"`
}

// leastRoot is the smallest disk that a system is installed on.
const leastRoot = 4 << 30

// process makes properties from facts. It fails if they tell nothing of a machine.
func process(f *Facts) (*Properties, error) {
	p := &Properties{
		CPUs:         f.Processors.Threads,
		Architecture: f.System.Architecture,
		MemoryMB:     f.Memory.Total >> 20,
	}
	if root := rootDisk(f.Disks); root != nil {
		p.RootDisk, p.LocalGB = root.Name, root.Size>>30
	}
	for _, i := range f.Interfaces {
		if i.Up && i.MAC != "" {
			p.BootMAC = i.MAC
			break
		}
	}
	if p.CPUs == 0 && p.MemoryMB == 0 && p.RootDisk == "" && p.BootMAC == "" {
		return nil, errors.New("the facts name no processor, no memory, no disk and no network interface")
	}
	return p, nil
}

// rootDisk returns the smallest disk that is large enough, so that larger ones are left for data.
func rootDisk(disks []Disk) *Disk {
	var root *Disk
	for i := range disks {
		d := &disks[i]
		if d.Size >= leastRoot && !d.Removable && !d.Virtual && (root == nil || d.Size < root.Size) {
			root = d
		}
	}
	return root
}
