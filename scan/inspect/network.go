package inspect

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// A Network is how an interface is to be configured.
type Network struct {
	// Settings are what the files say, in their order.
	Settings []NetworkSetting `json:"settings"`
}

// A NetworkSetting is what one place says of an interface.
type NetworkSetting struct {
	// File is where it is said.
	File string `json:"file"`
	// Method is how the interface gets its addresses, in the words of the file: static, dhcp, manual, yes, ipv4…
	Method string `json:"method,omitempty"`
	// Auto: it is brought up when the system starts. Only etc/network/interfaces says so.
	Auto bool `json:"auto,omitempty"`
	// Addresses are with the length of the network's prefix, or its mask, after a slash if that is said.
	Addresses []string `json:"addresses,omitempty"`
	Gateways  []string `json:"gateways,omitempty"`
	DNS       []string `json:"dns,omitempty"`
}

const (
	interfacesFile   = "etc/network/interfaces"
	interfacesFolder = "etc/network/interfaces.d"
)

// networkFolders are where systemd's networks are; of two files of one name the first counts.
var networkFolders = []string{"etc/systemd/network", "run/systemd/network", "usr/local/lib/systemd/network", "usr/lib/systemd/network"}

// networks are the settings by the name of the interface.
type networks map[string][]NetworkSetting

func tellNetworks(t *scan.Tree, emit scan.Emit) error {
	found := networks{}
	if err := found.readInterfaces(t); err != nil {
		return err
	}
	if err := found.readSystemd(t); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if err := emit("network/"+name, Network{found[name]}); err != nil {
			return err
		}
	}
	return nil
}

func (n networks) readInterfaces(t *scan.Tree) error {
	read := func(file string) error {
		_, err := parse(t, file, maxSmall, func(l *lines) error { n.parseInterfaces(l, file); return nil })
		return err
	}
	if err := read(interfacesFile); err != nil {
		return err
	}
	return eachFile(t, interfacesFolder, func(name string, _ fs.DirEntry) error { return read(path.Join(interfacesFolder, name)) })
}

// parseInterfaces reads the stanzas of Debian's ifupdown.
func (n networks) parseInterfaces(l *lines, file string) {
	auto := map[string]bool{}
	mine := map[string][]NetworkSetting{}
	var current *NetworkSetting
	for l.next() {
		words := strings.Fields(category.Text(l.text))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch words[0] {
		case "auto", "allow-auto", "allow-hotplug":
			current = nil
			for _, name := range words[1:] {
				auto[name] = true
			}
		case "iface":
			current = nil
			if len(words) < 4 || len(words[1]) > category.MaxName {
				l.notef("does not say the interface, the family and the method")
				continue
			}
			name := words[1]
			mine[name] = append(mine[name], NetworkSetting{File: category.Text(file), Method: words[3]})
			current = &mine[name][len(mine[name])-1]
		case "mapping", "source", "source-directory", "rename":
			current = nil
		default:
			if current != nil {
				current.option(words)
			}
		}
	}
	for name, settings := range mine {
		for i := range settings {
			settings[i].Auto = auto[name]
		}
		n[name] = append(n[name], settings...)
	}
}

// option reads an option of a stanza.
func (s *NetworkSetting) option(words []string) {
	if len(words) < 2 {
		return
	}
	switch words[0] {
	case "address":
		s.Addresses = append(s.Addresses, words[1])
	case "netmask":
		if last := len(s.Addresses) - 1; last >= 0 && !strings.Contains(s.Addresses[last], "/") {
			s.Addresses[last] += "/" + words[1]
		}
	case "gateway":
		s.Gateways = append(s.Gateways, words[1])
	case "dns-nameservers", "dns-nameserver":
		s.DNS = append(s.DNS, words[1:]...)
	}
}

// readSystemd reads the .network files of systemd-networkd.
func (n networks) readSystemd(t *scan.Tree) error {
	seen := map[string]bool{}
	for _, folder := range networkFolders {
		err := eachFile(t, folder, func(name string, _ fs.DirEntry) error {
			if path.Ext(name) != ".network" || seen[name] {
				return nil
			}
			seen[name] = true
			file := path.Join(folder, name)
			unit := unitFile{}
			_, err := parse(t, file, maxSmall, func(l *lines) error { unit.parse(l); return nil })
			n.add(file, unit)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// add takes the settings of a .network file for each interface that it names.
func (n networks) add(file string, unit unitFile) {
	s := NetworkSetting{
		File: category.Text(file), Method: unit.last("Network", "DHCP"),
		Addresses: slices.Concat(unit.all("Network", "Address"), unit.all("Address", "Address")),
		Gateways:  slices.Concat(unit.all("Network", "Gateway"), unit.all("Route", "Gateway")),
		DNS:       unit.words("Network", "DNS"),
	}
	for _, name := range unit.words("Match", "Name") {
		if len(name) <= category.MaxName && !bytes.ContainsRune([]byte(name), '/') {
			n[name] = append(n[name], s)
		}
	}
}
