package inspect

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// A Hostname is what the system calls itself.
type Hostname struct {
	Name string `json:"name"`
}

// A Machine is the installation: its id was made when it was installed, and stays.
type Machine struct {
	ID string `json:"id"`
}

// A Timezone is the zone of the system's local time, such as Europe/Lisbon.
type Timezone struct {
	Name string `json:"name"`
}

// A Resolver says where names are looked up.
type Resolver struct {
	Nameservers []string `json:"nameservers,omitempty"`
	Search      []string `json:"search,omitempty"`
	Options     []string `json:"options,omitempty"`
}

// A Policy is a setting of the rules for accounts, such as PASS_MAX_DAYS.
type Policy struct {
	Value string `json:"value"`
}

const (
	hostnameFile  = "etc/hostname"
	machineFile   = "etc/machine-id"
	timezoneFile  = "etc/timezone"
	localtimeFile = "etc/localtime"
	resolverFile  = "etc/resolv.conf"
	policyFile    = "etc/login.defs"
)

// System returns the scanner of what the system is: "os" with an [OS], "hostname" with a [Hostname], "machine" with a [Machine], "timezone" with a
// [Timezone], "resolver" with a [Resolver], "network/INTERFACE" with a [Network], and "policy/SETTING" with a [Policy]. What the system does
// not say is not told. It has no configuration.
func System() scan.Scanner {
	places := []string{hostnameFile, machineFile, timezoneFile, localtimeFile, resolverFile, policyFile, interfacesFile, interfacesFolder}
	return category.NewScanner(category.Spec{Of: "inspect", Category: "system", Version: "1", Scan: scanSystem, Scope: fixed(slices.Concat(places, osFiles, networkFolders)...)})
}

func scanSystem(_ context.Context, in scan.Input, emit scan.Emit) error {
	for _, tell := range []func(*scan.Tree, scan.Emit) error{
		tellOS, tellHostname, tellMachine, tellTimezone, tellResolver, tellNetworks, tellPolicy,
	} {
		if err := tell(in.Tree, emit); err != nil {
			return err
		}
	}
	return nil
}

func tellHostname(t *scan.Tree, emit scan.Emit) error {
	name, err := firstWord(t, hostnameFile)
	if err != nil || name == "" {
		return err
	}
	return emit("hostname", Hostname{name})
}

func tellMachine(t *scan.Tree, emit scan.Emit) error {
	id, err := firstWord(t, machineFile)
	if err != nil || id == "" || id == "uninitialized" {
		return err
	}
	return emit("machine", Machine{id})
}

// tellTimezone prefers where the local time's rules come from, as the system does; the other file is of Debian alone.
func tellTimezone(t *scan.Tree, emit scan.Emit) error {
	target, _ := fs.ReadLink(t, localtimeFile) // what is no link does not say the zone's name
	_, name, _ := strings.Cut(target, "zoneinfo/")
	debians, err := firstWord(t, timezoneFile)
	if err != nil {
		return err
	}
	if name = cmp.Or(category.Text(name), debians); name == "" {
		return nil
	}
	return emit("timezone", Timezone{name})
}

func tellResolver(t *scan.Tree, emit scan.Emit) error {
	var r Resolver
	found, err := parse(t, resolverFile, maxSmall, func(l *lines) error { r = parseResolver(l); return nil })
	if err != nil || !found {
		return err
	}
	return emit("resolver", r)
}

func parseResolver(l *lines) (r Resolver) {
	for l.next() {
		words := strings.Fields(category.Text(l.text))
		if len(words) < 2 {
			continue
		}
		switch words[0] {
		case "nameserver":
			r.Nameservers = append(r.Nameservers, words[1])
		case "search", "domain":
			r.Search = words[1:] // the last line counts
		case "options":
			r.Options = append(r.Options, words[1:]...)
		}
	}
	return r
}

func tellPolicy(t *scan.Tree, emit scan.Emit) error {
	settings := map[string]Policy{}
	_, err := parse(t, policyFile, maxSmall, func(l *lines) error { parsePolicy(l, settings); return nil })
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if err := emit("policy/"+name, settings[name]); err != nil {
			return err
		}
	}
	return nil
}

// parsePolicy reads lines of a name and a value, of which the last of a name counts.
func parsePolicy(l *lines, settings map[string]Policy) {
	for l.next() {
		line := bytes.TrimSpace(l.text)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		name, value := line, []byte(nil)
		if i := bytes.IndexAny(line, " \t"); i >= 0 {
			name, value = line[:i], line[i:]
		}
		if len(name) > category.MaxName {
			l.notef("has a name of more than %d bytes", category.MaxName)
			continue
		}
		settings[category.Text(name)] = Policy{category.Text(bytes.Trim(value, " \t\""))}
	}
}

// firstWord returns the first word of a file that is not in a comment.
func firstWord(t *scan.Tree, name string) (word string, err error) {
	_, err = parse(t, name, maxSmall, func(l *lines) error {
		for word == "" && l.next() {
			if words := strings.Fields(category.Text(l.text)); len(words) > 0 && !strings.HasPrefix(words[0], "#") {
				word = words[0]
			}
		}
		return nil
	})
	return word, err
}
