package legacy

import (
	"maps"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// readSystem tells of the operating system and of what it is called, of rules for accounts, and of the one network that the agents look at.
func readSystem(r *reading, e *element) error {
	switch e.name {
	case "os":
		return readOS(r, e.attrs)
	case "account_policy":
		for _, name := range slices.Sorted(maps.Keys(e.attrs)) {
			if err := r.emit("policy/"+name, inspect.Policy{Value: e.attrs[name]}); err != nil {
				return err
			}
		}
		return nil
	}
	return r.emit("network/eth0", inspect.Network{Settings: []inspect.NetworkSetting{networkSetting(e.attrs)}})
}

func readOS(r *reading, a map[string]string) error {
	os := inspect.OS{ID: strings.ToLower(a["distribution"]), Name: a["distribution"], Pretty: a["product_name"]}
	if os.Name != "" || os.Pretty != "" {
		if err := r.emit("os", os); err != nil {
			return err
		}
	}
	if a["machine_name"] == "" {
		return nil
	}
	return r.emit("hostname", inspect.Hostname{Name: a["machine_name"]})
}

func networkSetting(a map[string]string) inspect.NetworkSetting {
	s := inspect.NetworkSetting{Method: map[string]string{"0": "static", "1": "dhcp"}[a["dhcp_enabled"]], DNS: strings.Fields(a["dns_server"])}
	if address := a["ipaddress"]; address != "" {
		if a["subnet_mask"] != "" {
			address += "/" + a["subnet_mask"]
		}
		s.Addresses = []string{address}
	}
	if a["default_gateway"] != "" {
		s.Gateways = []string{a["default_gateway"]}
	}
	return s
}

func writeSystem(w *writing, items []scan.Item) error {
	var name string
	for _, h := range facts[inspect.Hostname](items, "hostname") {
		name = h.Name
	}
	os := inspect.OS{}
	for _, o := range facts[inspect.OS](items, "os") {
		os = *o
	}
	w.empty("os", "type", "linux", "machine_name", name, "product_type", "Linux", "distribution", os.Name, "product_name", os.Pretty)
	var policies []string
	for name, p := range facts[inspect.Policy](items, "policy/") {
		if plainName(name) && (name[0] < '0' || name[0] > '9') {
			policies = append(policies, name, p.Value)
		}
	}
	if len(policies) > 0 {
		w.empty("account_policy", policies...)
	}
	w.open("networks")
	for _, n := range facts[inspect.Network](items, "network/") {
		for _, s := range n.Settings {
			address, mask, _ := strings.Cut(strings.Join(s.Addresses[:min(1, len(s.Addresses))], ""), "/")
			w.empty("network", "hostname", name, "dhcp_enabled", map[string]string{"static": "0", "dhcp": "1"}[s.Method],
				"ipaddress", address, "subnet_mask", mask, "default_gateway", strings.Join(s.Gateways[:min(1, len(s.Gateways))], ""),
				"dns_server", strings.Join(s.DNS, " "))
		}
	}
	w.close("networks")
	return nil
}
