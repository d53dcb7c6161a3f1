package vectors

import (
	"cmp"
	"errors"
	"fmt"
)

// fill says what the case leaves out.
func (g *Given) fill() {
	g.Runs = max(g.Runs, 1)
	for i := range g.Definitions {
		d := &g.Definitions[i]
		d.State, d.Result = cmp.Or(d.State, "PRIMED"), cmp.Or(d.Result, "NO_ERROR")
	}
	for i := range g.Instances {
		in := &g.Instances[i]
		in.SubState, in.Result = cmp.Or(in.SubState, "NONE"), cmp.Or(in.Result, "NO_ERROR")
		for j := range in.Elements {
			e := &in.Elements[j]
			e.SubState, e.MigrationState = cmp.Or(e.SubState, "NONE"), cmp.Or(e.MigrationState, "DEFAULT")
		}
	}
	for i := range g.Messages {
		m := &g.Messages[i]
		m.ID, m.Type = cmp.Or(m.ID, fmt.Sprintf("m%d", i+1)), cmp.Or(m.Type, stateChangeAck)
		if m.AgoMs == nil {
			m.AgoMs = new(int64(10_000))
		}
	}
}

// check refuses a world that cannot be.
func (g *Given) check() error {
	seen := map[[2]string]bool{}
	unique := func(what, id string) error {
		key := [2]string{what, id}
		switch {
		case id == "":
			return fmt.Errorf("one %s has no id", what)
		case seen[key]:
			return fmt.Errorf("there are two %ss %q", what, id)
		}
		seen[key] = true
		return nil
	}
	var errs []error
	for i := range g.Definitions {
		errs = append(errs, unique("definition", g.Definitions[i].ID))
	}
	for i := range g.Instances {
		errs = append(errs, unique("instance", g.Instances[i].ID))
		for j := range g.Instances[i].Elements {
			errs = append(errs, unique("element", g.Instances[i].Elements[j].ID))
		}
	}
	for i := range g.Messages {
		m := &g.Messages[i]
		errs = append(errs, unique("message", m.ID))
		if m.Instance == "" && m.Definition == "" {
			errs = append(errs, fmt.Errorf("message %q is for nobody; it names an instance or a definition", m.ID))
		}
	}
	return errors.Join(errs...)
}
