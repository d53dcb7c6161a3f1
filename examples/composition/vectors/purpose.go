package vectors

import "slices"

// A Purpose is a difference from ONAP that Reeve makes on purpose.
type Purpose string

// The differences.
const (
	// FarPhase: ONAP reaches no phase above 1000 on the way up and none below 0 on the way down.
	FarPhase Purpose = "a start phase or stage beyond ONAP's bounds is reached"
	// LateFailure: in ONAP it leaves an instance that nobody is at work on where no order is accepted.
	LateFailure Purpose = "a failure that comes when nothing is under way is recorded, not applied"
	// Poison: in ONAP it ends the whole run and leaves its lock behind.
	Poison Purpose = "an answer or a property that makes no sense fails its own entity alone"
	// Starved: in ONAP nothing is done about what comes after such an entity.
	Starved Purpose = "what comes after a poisoned entity is looked at all the same"
	// Zombie: in ONAP an element that is deleted after its migration timed out stays for ever.
	Zombie Purpose = "an element that is deleted after its migration timed out is removed"
	// Unpolled: ONAP looks at an update that is being reverted only when a message comes.
	Unpolled Purpose = "an update that is being reverted completes and times out without a message"
	// Rearmed: in ONAP a step that a late answer began, after the one before had timed out, never does.
	Rearmed Purpose = "a step that began after the one before timed out can time out as well"
)

// Purposes are all there are, in the order in which they are reported.
var Purposes = []Purpose{FarPhase, LateFailure, Poison, Starved, Zombie, Unpolled, Rearmed}

// rules say, from what a look finds before anything is decided, that the entity may differ from ONAP's
// from then on. What comes after a poisoned entity is told by the run.
var rules = map[Purpose]func(*finding) bool{
	FarPhase:    (*finding).hasFarPhase,
	LateFailure: (*finding).hasLateFailure,
	Poison:      (*finding).isPoisoned,
	Zombie:      (*finding).hasZombie,
	Unpolled:    (*finding).isUnpolled,
	Rearmed:     (*finding).isRearmed,
}

// excuse notes why the entity may differ from ONAP's after this look.
func (w *world) excuse(e *entity, letters []*letter) error {
	f, err := w.find(e, letters)
	if err != nil {
		return err
	}
	for _, p := range Purposes {
		if applies := rules[p]; applies != nil && applies(f) {
			w.allow(e, p)
		}
	}
	return nil
}

func (w *world) allow(e *entity, p Purpose) {
	if len(e.purposes) == 0 {
		e.since = w.running
	}
	if !slices.Contains(e.purposes, p) {
		e.purposes = append(e.purposes, p)
	}
}
