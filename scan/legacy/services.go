package legacy

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// What the agents call what starts a service.
const (
	bySystemd = "linux_systemd"
	byInit    = "linux_initprocess"
	// shell is what they leave out of a script's name.
	shell = ".sh"
)

// readService tells of a unit or of an init script. The agents do not tell whether a unit is enabled: its state is empty.
func readService(r *reading, e *element) error {
	name, file := e.attrs["name"], strings.TrimPrefix(e.attrs["image_path"], "/")
	switch kind := e.attrs["typename"]; {
	case name == "":
		r.note("", errors.New("a service without a name is left out"))
		return nil
	case kind == bySystemd && r.given["unit/"+name+".service"] > 0:
		return nil // the administrator's comes first, and counts
	case kind == bySystemd:
		return r.emit("unit/"+name+".service", inspect.Unit{File: file, Description: e.attrs["description"]})
	case kind == byInit:
		if path.Base(file) == name+shell {
			name += shell // package inspect calls it by its file
		}
		return r.emit("init/"+name, inspect.InitScript{
			File: file, Description: e.attrs["description"],
			Start: ordered(e.names("enable_run_level", "value")), Stop: ordered(e.names("disable_run_level", "value")),
		})
	default:
		r.note("", fmt.Errorf("service %s has the typename %s, and is left out; %s or %s is right", quote(name), quote(kind), bySystemd, byInit))
		return nil
	}
}

func writeServices(w *writing, items []scan.Item) error {
	for name, u := range facts[inspect.Unit](items, "unit/") {
		if name, ok := strings.CutSuffix(name, ".service"); ok {
			w.empty("service", "name", name, "image_path", rooted(u.File), "description", u.Description, "typename", bySystemd)
		}
	}
	for name, s := range facts[inspect.InitScript](items, "init/") {
		if path.Base(s.File) == name && name != shell {
			name = strings.TrimSuffix(name, shell)
		}
		w.open("service", "name", name, "image_path", rooted(s.File), "typename", byInit, "description", s.Description)
		for _, level := range s.Start {
			w.empty("enable_run_level", "value", level)
		}
		for _, level := range s.Stop {
			w.empty("disable_run_level", "value", level)
		}
		w.close("service")
	}
	return nil
}

// rooted returns a path within a target as the target itself has it.
func rooted(file string) string {
	if file == "" {
		return ""
	}
	return "/" + file
}
