package main

import (
	"fmt"
	"strings"
)

// String tells the model and the numbers.
func (p Processors) String() string {
	parts := []string{p.Model}
	if p.Cores > 0 {
		parts = append(parts, fmt.Sprintf("%d cores", p.Cores))
	}
	if p.Threads > 0 {
		parts = append(parts, fmt.Sprintf("%d threads", p.Threads))
	}
	if p.MHz > 0 {
		parts = append(parts, fmt.Sprintf("%.0f MHz", p.MHz))
	}
	return phrase(parts...)
}

// String tells the sizes.
func (m Memory) String() string {
	if m.Total == 0 {
		return ""
	}
	if m.Swap == 0 {
		return bytesOf(m.Total) + ", no swap"
	}
	return bytesOf(m.Total) + ", " + bytesOf(m.Swap) + " swap"
}

// String tells what sort of disk it is.
func (d Disk) String() string {
	sort := "solid state"
	switch {
	case d.Virtual:
		sort = "virtual"
	case d.Spinning:
		sort = "spinning"
	}
	if d.Removable {
		sort += ", removable"
	}
	return phrase(bytesOf(d.Size), sort, d.Model)
}

// String tells whether it is up, and its addresses.
func (i Interface) String() string {
	up := "down"
	if i.Up {
		up = "up"
	}
	return phrase(append([]string{up, i.MAC}, i.Addresses...)...)
}

// bytesOf writes a number of bytes with a binary unit.
func bytesOf(n uint64) string {
	const units = "KMGTPE"
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/(1<<10), 0
	for ; value >= 1<<10 && unit < len(units)-1; unit++ {
		value /= 1 << 10
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}

// words joins what there is with blanks, phrase with commas.
func words(parts ...string) string  { return joined(" ", parts) }
func phrase(parts ...string) string { return joined(", ", parts) }

func joined(separator string, parts []string) string {
	var there []string
	for _, s := range parts {
		if s = strings.TrimSpace(s); s != "" {
			there = append(there, s)
		}
	}
	return strings.Join(there, separator)
}
