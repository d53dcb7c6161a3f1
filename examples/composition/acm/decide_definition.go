package acm

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// DecideDefinition says what is to become of a definition: it hears what participants say, and ends
// the order under way when all have done their part.
func (e *Estate) DecideDefinition(t *DefinitionTurn) error {
	v := &typeVisit{Estate: e, t: t}
	if err := v.hear(); err != nil {
		return err
	}
	if err := v.goOn(); err != nil {
		return err
	}
	v.tell()
	return nil
}

// A typeVisit is one turn of a definition.
type typeVisit struct {
	*Estate

	t       *DefinitionTurn
	changed bool // the definition has a new revision
	news    bool // participants are to be told how it stands
}

// goal returns where the order under way leads; it is false if there is none, or if it failed.
func (v *typeVisit) goal() (DefinitionState, bool) {
	switch v.t.State {
	case Priming, PrimeTimedOut:
		return Primed, true
	case Depriming, DeprimeTimedOut:
		return Commissioned, true
	}
	return "", false
}

// goOn orders what is to be ordered, or ends the order.
func (v *typeVisit) goOn() error {
	goal, ok := v.goal()
	if !ok {
		return nil
	}
	all := supervision.Simple[NodeElement, DefinitionState, DefinitionState]{
		Elements: v.nodes,
		Open:     func(s DefinitionState) bool { return s != goal },
		Resend:   v.options.Resend,
		Order:    v.order,
	}
	step, err := all.Advance(v.t)
	switch {
	case err != nil:
		return err
	case step.Done:
		v.t.Data.State, v.t.Data.Result, v.news = wordOf(goal), noError, true
		return v.t.Fire(Finished)
	case step.Moved:
		v.t.Data.Ordered = v.t.Now
		return v.setTime(0)
	}
	return v.checkTime()
}

// order orders the nodes' participants to do their part.
func (v *typeVisit) order(_ supervision.Outbound, _ supervision.Step, els []*supervision.Element[NodeElement, DefinitionState]) error {
	order := Prime
	if v.t.Data.State == depriming {
		order = Deprime
	}
	for _, el := range els {
		PrimeOrdered.Emit(v.t, PrimeOrder{Order: order, Definition: v.t.Key.ID, Node: el.Name, Participant: el.Data.Participant},
			supervision.ForElement(el.Name), supervision.StepKey(), supervision.Quiet())
	}
	return nil
}

// setTime limits how long the order may still take after what it took.
func (v *typeVisit) setTime(took time.Duration) error {
	wait, err := v.t.Data.wait(v.options.Wait)
	v.t.Touch(max(wait-took, 0) + tick)
	return err
}

// checkTime lets the order time out if it takes too long.
func (v *typeVisit) checkTime() error {
	if v.t.Expired == supervision.NotExpired {
		return nil
	}
	took := v.t.Now.Sub(v.t.Data.Ordered)
	wait, err := v.t.Data.wait(v.options.Wait)
	switch {
	case err != nil:
		return err
	case took <= wait && v.t.Expired == supervision.StateExpired:
		return v.setTime(took)
	}
	v.t.Data.Result, v.news = timedOut, true
	return v.t.Fire(Overdue)
}

// tell gives the definition a new revision if it changed, and tells participants if that is news.
func (v *typeVisit) tell() {
	d := v.t.Data
	if v.changed || v.news {
		d.Revision = v.t.NewID()
	}
	if v.news {
		Synced.Emit(v.t, Sync{Revision: d.Revision, Type: d.State, Result: d.Result, Delete: d.State == commissioned},
			supervision.Quiet(), supervision.Keep())
	}
}

// hear applies what participants said.
func (v *typeVisit) hear() error {
	for _, m := range v.t.Messages {
		if ack, ok := PrimeAcked.Body(m); ok {
			if err := v.ack(m, ack); err != nil {
				return err
			}
		} else if report, ok := NodeReported.Body(m); ok {
			v.report(m, report)
		} else {
			v.t.Ignore(m, "nothing here can be told so")
		}
	}
	return nil
}

// ack applies a participant's answer to all its nodes.
func (v *typeVisit) ack(m supervision.Message, ack PrimeAck) error {
	if m.Operation == "" && !v.options.Compatible {
		v.t.Ignore(m, "it does not say which order it answers")
		return nil
	}
	to, ok := stateOfType(ack.State)
	if !ok {
		return fmt.Errorf("acm: the answer of participant %q about definition %q says %q, where a definition cannot be", ack.Participant, v.t.Key.ID, ack.State)
	}
	for el := range v.nodes.All(v.t) {
		if el.Data.Participant != ack.Participant {
			continue
		}
		v.changed = true
		el.Data.State, el.Data.Message = ack.State, ack.Message
		if err := v.nodes.Fire(v.t, el, to); err != nil {
			return err
		}
	}
	if ack.Result == failed {
		return v.fail()
	}
	return nil
}

// fail ends the order badly. It stays so, whatever other participants say.
func (v *typeVisit) fail() error {
	v.t.Data.Result, v.news = failed, true
	if _, underWay := v.goal(); !underWay {
		return nil
	}
	return v.t.Fire(WentWrong)
}

// report notes what a participant makes of a node.
func (v *typeVisit) report(m supervision.Message, r NodeReport) {
	el, known := v.nodes.Get(v.t, r.Node)
	if !known {
		v.t.Ignore(m, "there is no such node")
		return
	}
	v.changed = true
	el.Data.Out = r.Out
}

// StateOfDefinition returns the state of a definition that stands there with this result.
func StateOfDefinition(word TypeState, r Result) DefinitionState {
	s, _ := stateOfType(word)
	switch {
	case s == Priming && r == failed:
		return PrimeFailed
	case s == Priming && r == timedOut:
		return PrimeTimedOut
	case s == Depriming && r == failed:
		return DeprimeFailed
	case s == Depriming && r == timedOut:
		return DeprimeTimedOut
	}
	return s
}

// stateOfType returns the state of a node that a word tells of.
func stateOfType(word TypeState) (DefinitionState, bool) {
	switch word {
	case commissioned:
		return Commissioned, true
	case priming:
		return Priming, true
	case primed:
		return Primed, true
	case depriming:
		return Depriming, true
	}
	return "", false
}

// wordOf returns the word for where a definition comes to rest.
func wordOf(s DefinitionState) TypeState {
	if s == Primed {
		return primed
	}
	return commissioned
}
