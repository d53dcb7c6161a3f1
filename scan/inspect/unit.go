package inspect

import (
	"maps"
	"path"
	"slices"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// A Unit is a unit of systemd, with its drop-ins merged in. Specifiers such as %i are left as they are.
type Unit struct {
	State UnitState `json:"state"`
	// File is where it is described; of an instance, such as getty@tty1.service, that is its template's. DropIns are what was merged in, in that order.
	File    string   `json:"file,omitempty"`
	DropIns []string `json:"drop_ins,omitempty"`
	// Aliases are other names that it has by links.
	Aliases     []string `json:"aliases,omitempty"`
	Description string   `json:"description,omitempty"`
	// EnabledBy are the units whose folders .wants and .requires have a link to it: they start it.
	EnabledBy []string `json:"enabled_by,omitempty"`
	// WantedBy and RequiredBy are those that would have one if it were enabled.
	WantedBy   []string `json:"wanted_by,omitempty"`
	RequiredBy []string `json:"required_by,omitempty"`
	Requires   []string `json:"requires,omitempty"`
	Wants      []string `json:"wants,omitempty"`
	BindsTo    []string `json:"binds_to,omitempty"`
	PartOf     []string `json:"part_of,omitempty"`
	After      []string `json:"after,omitempty"`
	// Type, Exec, User and Group are those of a service.
	Type  string   `json:"type,omitempty"`
	Exec  []string `json:"exec,omitempty"`
	User  string   `json:"user,omitempty"`
	Group string   `json:"group,omitempty"`
}

// A UnitState says whether a unit starts by itself.
type UnitState string

// The states of units.
const (
	// UnitEnabled: a link in another unit's .wants or .requires starts it, or it has an alias that the administrator made.
	UnitEnabled UnitState = "enabled"
	// UnitDisabled: nothing starts it, but it says what could.
	UnitDisabled UnitState = "disabled"
	// UnitStatic: it starts only with what depends on it.
	UnitStatic UnitState = "static"
	// UnitMasked: it cannot be started.
	UnitMasked UnitState = "masked"
	// UnitMissing: something is to start it, but nothing describes it.
	UnitMissing UnitState = "missing"
)

func tellUnits(t *scan.Tree, emit scan.Emit) error {
	units := findUnits(t)
	for _, name := range slices.Sorted(maps.Keys(units)) {
		real := units.real(name)
		if found := units[name]; !found.named() || real != nil && real != found {
			continue // it has drop-ins only, or is told as an alias
		}
		unit, err := units.read(t, name)
		if err != nil {
			return err
		}
		if err := emit("unit/"+name, unit); err != nil {
			return err
		}
	}
	return nil
}

// read reads what describes a unit.
func (us unitSet) read(t *scan.Tree, name string) (Unit, error) {
	found := us[name]
	u := Unit{Aliases: sorted(found.aliases), EnabledBy: sorted(found.enabledBy)}
	settings := unitFile{}
	merge := func(l *lines) error { settings.parse(l); return nil }
	file := found.file
	if template, ok := templateOf(name); ok && !found.decided() && us[template] != nil {
		file = us[template].file
	}
	if file != "" {
		if _, err := parse(t, file, maxSmall, merge); err != nil {
			return u, err
		}
	}
	u.File = category.Text(file)
	for _, file := range us.dropIns(name) {
		if _, err := parse(t, file, maxSmall, merge); err != nil {
			return u, err
		}
		u.DropIns = append(u.DropIns, category.Text(file))
	}
	u.fill(settings)
	u.State = found.state(u)
	return u, nil
}

func (u *Unit) fill(s unitFile) {
	u.Description = s.last("Unit", "Description")
	u.WantedBy, u.RequiredBy = s.words("Install", "WantedBy"), s.words("Install", "RequiredBy")
	u.Requires, u.Wants = s.words("Unit", "Requires"), s.words("Unit", "Wants")
	u.BindsTo, u.PartOf, u.After = s.words("Unit", "BindsTo"), s.words("Unit", "PartOf"), s.words("Unit", "After")
	u.Type, u.Exec = s.last("Service", "Type"), s.all("Service", "ExecStart")
	u.User, u.Group = s.last("Service", "User"), s.last("Service", "Group")
}

func (f *foundUnit) state(u Unit) UnitState {
	switch {
	case f.masked:
		return UnitMasked
	case u.File == "":
		return UnitMissing
	case len(u.EnabledBy) > 0 || f.enabled:
		return UnitEnabled
	case len(u.WantedBy)+len(u.RequiredBy) > 0:
		return UnitDisabled
	default:
		return UnitStatic
	}
}

// dropIns returns the files of settings that are merged into a unit: those of its type, of its name's parts before a dash, of its template and
// its own, ordered by their names. Of two of one name the more special counts.
func (us unitSet) dropIns(name string) []string {
	files := map[string]string{}
	for _, owner := range owners(name) {
		if found := us[owner]; found != nil {
			maps.Copy(files, found.settings)
		}
	}
	var ordered []string
	for _, conf := range slices.Sorted(maps.Keys(files)) {
		if files[conf] != "" { // it was masked
			ordered = append(ordered, files[conf])
		}
	}
	return ordered
}

// owners returns whose drop-ins hold for a unit, the most general first.
func owners(name string) []string {
	kind := path.Ext(name)
	all := []string{kind[1:]}
	for i, c := range name[:len(name)-len(kind)] {
		if c == '-' {
			all = append(all, name[:i+1]+kind)
		}
	}
	if template, ok := templateOf(name); ok {
		all = append(all, template)
	}
	return append(all, name)
}
