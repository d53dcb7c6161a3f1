package vectors

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
)

// A finding is what a look finds.
type finding struct {
	*entity

	instance bool
	state    acm.State // of an instance
	letters  []*letter
	answers  []answer         // those about elements that there are
	wishes   []acm.Properties // what users wrote about limits
	late     bool             // the time of the record is up
}

// An answer is an ack, of an instance or of a definition.
type answer struct {
	acm.Ack

	State acm.TypeState `json:"state"`
}

// find reads what a look finds.
func (w *world) find(e *entity, letters []*letter) (*finding, error) {
	f := &finding{entity: e, instance: e.isInstance(w), letters: letters}
	f.late = !e.record.Until.IsZero() && !e.record.Until.After(moment(w.now))
	if f.instance {
		f.state = acm.State(e.record.State)
	}
	var d acm.Definition
	if err := json.Unmarshal(e.record.Data, &d); err != nil {
		return nil, err
	}
	f.wishes = append(f.wishes, d.Metadata)
	for i := range e.elements {
		var el acm.Element
		if err := json.Unmarshal(e.elements[i].Data, &el); err != nil {
			return nil, err
		}
		f.wishes = append(f.wishes, el.Properties)
	}
	return f, f.readAnswers()
}

func (f *finding) readAnswers() error {
	for _, l := range f.letters {
		known := slices.ContainsFunc(f.elements, func(e storage.Element) bool { return e.Name == l.Element })
		if l.Name != acm.PrimeAcked.Name() && (l.Name != acm.Acked.Name() || !known) {
			continue
		}
		var a answer
		if err := json.Unmarshal(l.Body, &a); err != nil {
			return err
		}
		f.answers = append(f.answers, a)
	}
	return nil
}

func (f *finding) hasFarPhase() bool {
	far := func(n int) bool {
		switch f.state {
		case acm.Deploying, acm.DeployTimedOut, acm.Unlocking, acm.UnlockTimedOut,
			acm.Migrating, acm.MigrateTimedOut, acm.Preparing, acm.PrepareTimedOut:
			return n > 1000
		case acm.MigrationReverting, acm.MigrationRevertTimedOut:
			return n < -1
		}
		return n < 0
	}
	return slices.ContainsFunc(f.elements, func(e storage.Element) bool { return far(e.Group) }) ||
		slices.ContainsFunc(f.answers, func(a answer) bool { return a.Stage != nil && far(*a.Stage) })
}

func (f *finding) hasLateFailure() bool {
	return f.instance && !f.underWay() && slices.ContainsFunc(f.answers, func(a answer) bool { return a.Result == "FAILED" })
}

// isPoisoned says whether something makes no sense that a turn may have to make sense of.
func (f *finding) isPoisoned() bool {
	return f.broken != nil || slices.ContainsFunc(f.answers, f.isNonsense) || slices.ContainsFunc(f.wishes, hasNonsense)
}

// isNonsense says whether an answer does not say where something stands.
func (f *finding) isNonsense(a answer) bool {
	if f.instance {
		return a.Deploy == "" || a.Lock == ""
	}
	return a.State == ""
}

// hasNonsense says whether a limit is no whole number.
func hasNonsense(p acm.Properties) bool {
	for name := range p {
		if _, _, err := p.Milliseconds(name); err != nil && (strings.HasSuffix(name, "TimeoutMs") || strings.HasSuffix(name, "WaitMs")) {
			return true
		}
	}
	return false
}

func (f *finding) hasZombie() bool {
	if f.state != acm.MigrateTimedOut && f.state != acm.MigrationRevertTimedOut {
		return false
	}
	return slices.ContainsFunc(f.elements, func(e storage.Element) bool { return e.State == string(acm.Deleted) }) ||
		slices.ContainsFunc(f.answers, func(a answer) bool { return a.Deploy == "DELETED" })
}

func (f *finding) isUnpolled() bool {
	return len(f.letters) == 0 && (f.state == acm.UpdateReverting || f.state == acm.UpdateRevertTimedOut)
}

func (f *finding) isRearmed() bool {
	return f.late && strings.HasSuffix(string(f.state), "timed out")
}
