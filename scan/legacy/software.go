package legacy

import (
	"errors"
	"strings"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// An RPM is a package of rpm, as the agents tell of it: the value under "rpm/NAME:ARCH".
type RPM struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Release string `json:"release,omitempty"`
	Arch    string `json:"arch,omitempty"`
	Group   string `json:"group,omitempty"`
	// Description is its first line.
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
	// Built and Installed are times in the words of the agent.
	Built     string `json:"built,omitempty"`
	Installed string `json:"installed,omitempty"`
}

// readApplication tells of a package. The agents do not say whose it is, but only those of rpm have a release, and times; of dpkg's the architecture is not told.
func readApplication(r *reading, e *element) error {
	a := e.attrs
	switch {
	case e.name != "application":
		return nil // patches are of another system
	case a["name"] == "":
		r.note("", errors.New("an application without a name is left out"))
		return nil
	}
	key := a["name"] + ":" + a["arch"]
	description, _, _ := strings.Cut(a["description"], "\n")
	if a["release"] == "" && a["build_time"] == "" && a["install_time"] == "" {
		return r.emit("dpkg/"+key, inspect.Package{
			Name: a["name"], Version: a["version"], Arch: a["arch"], Section: a["typename"], Homepage: a["url"], Description: description, State: "installed",
		})
	}
	return r.emit("rpm/"+key, RPM{
		Name: a["name"], Version: a["version"], Release: a["release"], Arch: a["arch"], Group: a["typename"], Description: description, URL: a["url"],
		Built: a["build_time"], Installed: a["install_time"],
	})
}

func writeApplications(w *writing, items []scan.Item) error {
	w.open("applications")
	for _, p := range facts[inspect.Package](items, "dpkg/") {
		if p.State == "installed" {
			w.empty("application", "name", p.Name, "version", p.Version, "description", p.Description, "typename", p.Section, "arch", p.Arch, "url", p.Homepage)
		}
	}
	for _, p := range facts[RPM](items, "rpm/") {
		w.empty("application", "name", p.Name, "version", p.Version, "description", p.Description, "typename", p.Group, "arch", p.Arch,
			"release", p.Release, "install_time", p.Installed, "build_time", p.Built, "url", p.URL)
	}
	w.close("applications")
	return nil
}
