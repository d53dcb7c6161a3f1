package inspect_test

import (
	"strings"
	"testing"

	"github.com/reeve-go/reeve/scan/inspect"
)

func TestSystem(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.System(), tree(map[string]string{
		"etc/os-release": "-> ../usr/lib/os-release",
		"usr/lib/os-release": "# made by us\nID=example\nID_LIKE=\"debian ubuntu\"\nNAME='Example Linux'\nPRETTY_NAME=\"Example \\\"Linux\\\" \\$1\"\n" +
			"VERSION_ID=12\nVERSION_CODENAME=book\\ worm\nHOME_URL=https://example.org",
		"etc/hostname":    "# a comment\nweb-1\n",
		"etc/machine-id":  "0123456789abcdef0123456789abcdef\n",
		"etc/localtime":   "-> /usr/share/zoneinfo/Europe/Lisbon",
		"etc/timezone":    "Etc/UTC\n",
		"etc/resolv.conf": "-> /run/resolv.conf",
		"run/resolv.conf": "; comment\nnameserver 10.0.0.53\nnameserver ::1\nsearch old.example\nsearch example.org lan\noptions edns0 trust-ad\n",
		"etc/login.defs":  "# rules\nPASS_MAX_DAYS\t99999\nPASS_MAX_DAYS 90\nENV_PATH   \"PATH=/bin\"\nEMPTY\n",
	}), "")
	same(t, "problems", f.problems, []string(nil))
	same(t, "keys", f.keys(), []string{
		"hostname", "machine", "os", "policy/EMPTY", "policy/ENV_PATH", "policy/PASS_MAX_DAYS", "resolver", "timezone",
	})
	same(t, "os", as[inspect.OS](t, f, "os"), inspect.OS{
		ID: "example", Like: []string{"debian", "ubuntu"}, Name: "Example Linux", Pretty: `Example "Linux" $1`, VersionID: "12", Codename: "book worm",
	})
	same(t, "hostname", as[inspect.Hostname](t, f, "hostname").Name, "web-1")
	same(t, "machine", as[inspect.Machine](t, f, "machine").ID, "0123456789abcdef0123456789abcdef")
	same(t, "timezone", as[inspect.Timezone](t, f, "timezone").Name, "Europe/Lisbon")
	same(t, "resolver", as[inspect.Resolver](t, f, "resolver"), inspect.Resolver{
		Nameservers: []string{"10.0.0.53", "::1"}, Search: []string{"example.org", "lan"}, Options: []string{"edns0", "trust-ad"},
	})
	same(t, "policy", as[inspect.Policy](t, f, "policy/PASS_MAX_DAYS").Value, "90")
	same(t, "policy", as[inspect.Policy](t, f, "policy/ENV_PATH").Value, "PATH=/bin")
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.System(), tree(map[string]string{
		"etc/network/interfaces": "auto lo eth0\niface lo inet loopback\n\niface eth0 inet static\n  address 10.0.0.2\n  netmask 255.255.255.0\n" +
			"  gateway 10.0.0.1\n  dns-nameservers 1.1.1.1 9.9.9.9\n  up echo address 6.6.6.6\niface eth0 inet6 auto\nsource interfaces.d/*\n  address 5.5.5.5\n",
		"etc/network/interfaces.d/eth1":          "allow-hotplug eth1\niface eth1 inet dhcp\n",
		"etc/systemd/network/10-lan.network":     "[Match]\nName=eth2 br*\n[Network]\nDHCP=yes\nAddress=10.1.0.2/24\nDNS=10.1.0.1\n[Route]\nGateway=10.1.0.1\n",
		"usr/lib/systemd/network/10-lan.network": "[Match]\nName=never\n",
		"usr/lib/systemd/network/80-x.link":      "[Match]\nName=never\n",
	}), "")
	same(t, "problems", f.problems, []string(nil))
	same(t, "keys", f.keys(), []string{"network/br*", "network/eth0", "network/eth1", "network/eth2", "network/lo"})
	const file = "etc/network/interfaces"
	same(t, "eth0", as[inspect.Network](t, f, "network/eth0").Settings, []inspect.NetworkSetting{
		{
			File: file, Method: "static", Auto: true, Addresses: []string{"10.0.0.2/255.255.255.0"}, Gateways: []string{"10.0.0.1"},
			DNS: []string{"1.1.1.1", "9.9.9.9"},
		},
		{File: file, Method: "auto", Auto: true},
	})
	same(t, "eth1", as[inspect.Network](t, f, "network/eth1").Settings, []inspect.NetworkSetting{{File: file + ".d/eth1", Method: "dhcp", Auto: true}})
	same(t, "eth2", as[inspect.Network](t, f, "network/eth2").Settings, []inspect.NetworkSetting{{
		File: "etc/systemd/network/10-lan.network", Method: "yes", Addresses: []string{"10.1.0.2/24"}, Gateways: []string{"10.1.0.1"}, DNS: []string{"10.1.0.1"},
	}})
}

func TestWhatTheSystemDoesNotSayIsNotTold(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.System(), tree(map[string]string{
		"etc/hostname": "\n# nothing\n", "etc/machine-id": "uninitialized\n", "etc/localtime": "TZif2", "etc/timezone": "",
	}), "")
	same(t, "facts", f.keys(), []string(nil))
	same(t, "problems", f.problems, []string(nil))
}

func TestBrokenLinesOfTheSystemAreNoted(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.System(), tree(map[string]string{
		"etc/os-release":         "ID=a\nNAME=\"open\nno value\n=x\n",
		"etc/network/interfaces": "iface eth0\n",
	}), "")
	same(t, "keys", f.keys(), []string{"os"})
	same(t, "problems", f.problems, []string{
		"etc/os-release: line 2 has a quote that does not end",
		"etc/os-release: line 3 is not of the form NAME=value",
		"etc/os-release: line 4 is not of the form NAME=value",
		"etc/network/interfaces: line 1 does not say the interface, the family and the method",
	})
}

func TestOnlyTheBeginningOfALargeFileIsRead(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", 1000) + "\n"
	f := look(t, inspect.System(), tree(map[string]string{
		"etc/hostname":    "web-1\n" + strings.Repeat(line, 2000),
		"etc/resolv.conf": "nameserver ::1\n" + strings.Repeat(line, 2000) + "nameserver ::2\n",
	}), "")
	same(t, "resolver", as[inspect.Resolver](t, f, "resolver").Nameservers, []string{"::1"})
	same(t, "problems", f.problems, []string{"etc/resolv.conf: only the first 1048576 bytes were read"}) // the name was found at once
}
