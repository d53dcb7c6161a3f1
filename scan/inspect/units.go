package inspect

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// unitFolders are where units are; of two of one name the first counts.
var unitFolders = []string{
	"etc/systemd/system", "run/systemd/system", "run/systemd/generator", "usr/local/lib/systemd/system", "usr/lib/systemd/system",
	"lib/systemd/system", "run/systemd/generator.late",
}

// maxUnits is how many names of units are looked at.
const maxUnits = 100_000

const nowhere = "/dev/null"

// unitSet is what the folders say of units, by their names; those of types, such as "service", have only drop-ins.
type unitSet map[string]*foundUnit

// foundUnit is what the folders say of a unit.
type foundUnit struct {
	// Of these at most one is set: what describes it, which unit it is another name of, and that it must not start.
	file   string
	alias  string
	masked bool
	// settings are drop-ins by their name; an empty path is one that was masked.
	settings map[string]string
	// enabledBy are the units that want or require it, enabled says that an alias was made for it.
	enabledBy []string
	enabled   bool
	aliases   []string
}

// decided reports whether a folder has said what the unit is: later ones are not asked.
func (f *foundUnit) decided() bool { return f.file != "" || f.alias != "" || f.masked }

// named reports whether it is a unit, and not just a name that has drop-ins.
func (f *foundUnit) named() bool { return f.decided() || len(f.enabledBy) > 0 }

// findUnits looks through the folders.
func findUnits(t *scan.Tree) unitSet {
	us := unitSet{}
	for _, folder := range unitFolders {
		entries, _ := fs.ReadDir(t, folder) // the tree has noted what cannot be read
		for _, e := range entries {
			if len(us) > maxUnits {
				t.Note(folder, errors.New("there are more units than can be told"))
				break
			}
			us.look(t, folder, e)
		}
	}
	us.resolveAliases()
	return us
}

// look takes an entry of a folder of units.
func (us unitSet) look(t *scan.Tree, folder string, e fs.DirEntry) {
	name, full := e.Name(), path.Join(folder, e.Name())
	owner, kind := strings.TrimSuffix(name, path.Ext(name)), path.Ext(name)
	switch {
	case kind == ".wants" || kind == ".requires":
		us.wanted(t, full, owner)
	case kind == ".d":
		us.settings(t, full, owner)
	case isUnit(name) && !e.IsDir() && !us.of(name).decided():
		us.describe(t, full, e)
	}
}

func (us unitSet) of(name string) *foundUnit {
	if us[name] == nil {
		us[name] = &foundUnit{}
	}
	return us[name]
}

// describe takes the file or link that says what a unit is.
func (us unitSet) describe(t *scan.Tree, full string, e fs.DirEntry) {
	found := us.of(e.Name())
	if e.Type()&fs.ModeSymlink == 0 {
		info, err := e.Info()
		found.file, found.masked = full, err == nil && info.Size() == 0
		return
	}
	target, _ := fs.ReadLink(t, full) // the tree has noted what cannot be read
	switch other := path.Base(target); {
	case target == nowhere:
		found.masked = true
	case other != e.Name() && isUnit(other) && path.Ext(other) == path.Ext(e.Name()):
		found.alias = other
		found.enabled = strings.HasPrefix(full, "etc/")
	default:
		found.file = full
	}
}

// wanted takes a folder of links to the units that another one starts.
func (us unitSet) wanted(t *scan.Tree, folder, owner string) {
	_ = eachFile(t, folder, func(name string, _ fs.DirEntry) error {
		if target, _ := fs.ReadLink(t, path.Join(folder, name)); isUnit(name) && target != nowhere {
			us.of(name).enabledBy = append(us.of(name).enabledBy, category.Text(owner))
		}
		return nil
	})
}

// settings takes a folder of drop-ins.
func (us unitSet) settings(t *scan.Tree, folder, owner string) {
	found := us.of(owner)
	_ = eachFile(t, folder, func(name string, _ fs.DirEntry) error {
		if _, earlier := found.settings[name]; earlier || path.Ext(name) != ".conf" {
			return nil
		}
		if found.settings == nil {
			found.settings = map[string]string{}
		}
		full := path.Join(folder, name)
		if target, _ := fs.ReadLink(t, full); target == nowhere {
			full = ""
		}
		found.settings[name] = full
		return nil
	})
}

// resolveAliases gives to units what is said of their other names.
func (us unitSet) resolveAliases() {
	for name, found := range us {
		if real := us.real(name); real != nil && real != found {
			real.aliases = append(real.aliases, category.Text(name))
			real.enabledBy = append(real.enabledBy, found.enabledBy...)
			real.enabled = real.enabled || found.enabled
		}
	}
}

// real returns the unit that a name leads to; nil: none, or it leads in a circle.
func (us unitSet) real(name string) *foundUnit {
	found := us[name]
	for range 10 {
		if found == nil || found.alias == "" {
			return found
		}
		found = us[found.alias]
	}
	return nil
}

// isUnit reports whether a name is that of a unit.
func isUnit(name string) bool {
	switch kind := path.Ext(name); kind {
	case ".service", ".socket", ".timer", ".path", ".target", ".mount", ".automount", ".swap", ".slice", ".scope", ".device":
		return len(name) > len(kind) && len(name) <= category.MaxName
	}
	return false
}

// templateOf returns the template of which a unit is an instance: getty@.service for getty@tty1.service.
func templateOf(name string) (template string, is bool) {
	kind := path.Ext(name)
	prefix, instance, ok := strings.Cut(strings.TrimSuffix(name, kind), "@")
	return prefix + "@" + kind, ok && instance != ""
}
