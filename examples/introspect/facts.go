package main

import "time"

// Facts are what a machine is made of, as it was read. A zero field was not told.
type Facts struct {
	ReadAt     time.Time   `json:"read_at"`
	Hostname   string      `json:"hostname,omitempty"`
	System     System      `json:"system"`
	Hardware   Hardware    `json:"hardware"`
	Processors Processors  `json:"processors"`
	Memory     Memory      `json:"memory"`
	Disks      []Disk      `json:"disks,omitempty"`
	Interfaces []Interface `json:"interfaces,omitempty"`
	// Unread are the facts that could not be read.
	Unread []Unread `json:"unread,omitempty"`
}

// A System is an operating system and its kernel.
type System struct {
	Name           string    `json:"name,omitempty"`
	Version        string    `json:"version,omitempty"`
	Kernel         string    `json:"kernel,omitempty"`
	Architecture   string    `json:"architecture,omitempty"`
	Virtualization string    `json:"virtualization,omitempty"`
	BootedAt       time.Time `json:"booted_at,omitzero"`
}

// Hardware is who made the machine.
type Hardware struct {
	Vendor  string `json:"vendor,omitempty"`
	Product string `json:"product,omitempty"`
	Serial  string `json:"serial,omitempty"`
}

// Processors are the processors of a machine, all of one model.
type Processors struct {
	Model   string  `json:"model,omitempty"`
	Cores   int     `json:"cores,omitempty"`
	Threads int     `json:"threads,omitempty"`
	MHz     float64 `json:"mhz,omitempty"`
}

// Memory is in bytes.
type Memory struct {
	Total uint64 `json:"total,omitempty"`
	Swap  uint64 `json:"swap,omitempty"`
}

// A Disk is a block device. Its size is in bytes.
type Disk struct {
	Name      string `json:"name"`
	Model     string `json:"model,omitempty"`
	Size      uint64 `json:"size,omitempty"`
	Spinning  bool   `json:"spinning,omitempty"`
	Removable bool   `json:"removable,omitempty"`
	Virtual   bool   `json:"virtual,omitempty"` // made of memory, files or other disks
}

// An Interface is a network interface.
type Interface struct {
	Name      string   `json:"name"`
	MAC       string   `json:"mac,omitempty"`
	Up        bool     `json:"up"`
	Addresses []string `json:"addresses,omitempty"`
}

// An Unread is a fact that could not be read, and why.
type Unread struct {
	Fact   string `json:"fact"`
	Reason string `json:"reason"`
}

// note keeps why a fact could not be read, if it could not.
func (f *Facts) note(fact string, err error) {
	if err != nil {
		f.Unread = append(f.Unread, Unread{fact, err.Error()})
	}
}
