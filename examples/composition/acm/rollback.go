package acm

import (
	"maps"
	"slices"
)

// keep keeps the elements as they are, so that the operation can be reverted. One that is given again
// after it halted is reverted to before the first time.
func (v *visit) keep() {
	if v.t.Data.Rollback != nil {
		return
	}
	v.t.Data.Rollback = map[string]Element{}
	for el := range v.elements.All(v.t) {
		v.t.Data.Rollback[el.Name] = *el.Data
	}
}

// change makes the elements those that the instance is to have. What is not among them is removed on the
// way, and what is new is made.
func (v *visit) change(elements map[string]Element) {
	for el := range v.elements.All(v.t) {
		el.Data.Migration = removed
		if wanted, ok := elements[el.Name]; ok {
			el.Data.take(wanted)
			el.Data.Migration = stays
		}
	}
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if _, known := v.elements.Get(v.t, name); !known {
			wanted := elements[name]
			wanted.Migration = added
			v.elements.Add(v.t, name, 0, wanted)
		}
	}
	v.countParticipants()
}

// rollBack makes the elements those that were kept.
func (v *visit) rollBack() error {
	v.change(v.t.Data.Rollback)
	return nil
}

// take takes over what users say of an element.
func (e *Element) take(from Element) {
	e.Node, e.Version, e.Participant, e.Properties = from.Node, from.Version, from.Participant, from.Properties
}

// countParticipants notes who looks after the elements.
func (v *visit) countParticipants() {
	var all []string
	for el := range v.elements.All(v.t) {
		all = append(all, el.Data.Participant)
	}
	slices.Sort(all)
	v.t.Data.Participants = slices.Compact(all)
}
