package acm

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// DecideInstance says what is to become of an instance. It hears what participants say, and takes the
// operation under way as far as it goes.
func (e *Estate) DecideInstance(t *InstanceTurn) error {
	v := &visit{Estate: e, t: t}
	if err := v.hear(); err != nil {
		return err
	}
	if err := v.goOn(); err != nil {
		return err
	}
	v.tell()
	return nil
}

// A visit is one turn of an instance.
type visit struct {
	*Estate

	t      *InstanceTurn
	first  bool        // the operation begins in this turn
	target *Definition // the one that the instance is ordered to in this turn
	news   bool        // participants are to be told how the instance stands
}

// goOn takes the operation under way one step further, or to its end.
func (v *visit) goOn() error {
	op := operationAt(v.t.State)
	if op == nil || v.t.State == op.failed {
		return nil
	}
	if err := v.dismiss(op); err != nil {
		return err
	}
	step, err := v.advance(op)
	switch {
	case err != nil:
		return err
	case step.Done:
		return v.complete()
	case step.Moved:
		v.begun(op, step)
		return nil
	}
	return v.checkTime(op)
}

// begun notes that a step was ordered. Its time begins, also where the one before timed out.
func (v *visit) begun(op *operation, step supervision.Step) {
	in := v.t.Data
	in.Ordered = v.t.Now
	if op.steps != together {
		in.Phase = &step.Group
	}
	wait, err := v.wait(op)
	if err != nil {
		wait = 0 // the step is ordered all the same; the next turn says what is wrong
	}
	v.t.Touch(max(wait, 0) + tick)
}

// tick is what a time is up after: ONAP's limits are those that may just be reached.
const tick = time.Millisecond

// checkTime lets the operation time out if its step takes too long. How long that is depends on the
// elements that are still at it, so it is looked at when the time seems to be up.
func (v *visit) checkTime(op *operation) error {
	if v.t.Expired == supervision.NotExpired {
		return nil
	}
	wait, err := v.wait(op)
	if err != nil {
		return err
	}
	took := v.t.Now.Sub(v.t.Data.Ordered)
	if took <= wait && v.t.Expired == supervision.StateExpired {
		v.t.Touch(wait - took + tick)
		return nil
	}
	v.t.Data.Result, v.news = timedOut, true
	return v.t.Fire(TimedOut)
}

func (v *visit) wait(op *operation) (time.Duration, error) {
	return op.wait(func(yield func(*Element) bool) {
		for el := range v.elements.All(v.t) {
			if !yield(el.Data) {
				return
			}
		}
	}, v.options.Wait)
}

// complete ends the operation well.
func (v *visit) complete() error {
	in := v.t.Data
	if in.Deploy == migrating {
		in.Definition = in.Target
	}
	if in.Deploy == migrating || in.Deploy == migrationReverting {
		in.Target = ""
		for el := range v.elements.All(v.t) {
			el.Data.Migration = stays
		}
	}
	in.Words, in.Result = in.Words.completed(), noError
	in.Phase, in.Begun, in.Rollback = nil, nil, nil
	v.news = true
	return v.t.Fire(Completed)
}

// dismiss removes the elements that a migration has deleted. A participant that has none left is told
// to forget the instance.
func (v *visit) dismiss(op *operation) error {
	if op.order != Migrate && op.order != MigrationRevert || v.elements.Count(v.t, Deleted) == 0 {
		return nil
	}
	var gone []string
	for el := range v.elements.Select(v.t, nil, Deleted) {
		gone = append(gone, el.Data.Participant)
		v.elements.Remove(v.t, el)
	}
	for el := range v.elements.All(v.t) {
		if err := v.place(op, el); err != nil {
			return err
		}
	}
	v.countParticipants()
	slices.Sort(gone)
	for _, p := range slices.Compact(gone) {
		if !slices.Contains(v.t.Data.Participants, p) {
			v.sync(p, true)
		}
	}
	return nil
}

// tell tells participants how the instance stands, if that is news.
func (v *visit) tell() {
	if v.news {
		v.t.Data.Revision = v.t.NewID()
		v.sync("", v.t.State == Deleted)
	}
}

func (v *visit) sync(participant string, gone bool) {
	in := v.t.Data
	Synced.Emit(v.t, Sync{Participant: participant, Revision: in.Revision, Words: in.Words, Result: in.Result, Delete: gone},
		supervision.Quiet(), supervision.Keep())
}

// hear applies what participants said.
func (v *visit) hear() error {
	for _, m := range v.t.Messages {
		if ack, ok := Acked.Body(m); ok {
			if err := v.ack(m, ack); err != nil {
				return err
			}
		} else if report, ok := Reported.Body(m); ok {
			v.report(m, report)
		} else {
			v.t.Ignore(m, "nothing here can be told so")
		}
	}
	return nil
}

// ack applies an answer.
func (v *visit) ack(m supervision.Message, ack Ack) error {
	el, known := v.elements.Get(v.t, m.Element)
	underWay := operationAt(v.t.State)
	switch {
	case !known:
		v.t.Ignore(m, "there is no such element")
		return nil
	case m.Operation == "" && !v.options.Compatible:
		v.t.Ignore(m, "it does not say which order it answers")
		return nil
	case ack.Deploy == "" || ack.Lock == "":
		return fmt.Errorf("acm: %w: element %q of instance %q", errNowhere, m.Element, v.t.Key.ID)
	case ack.Result == failed && underWay == nil:
		v.t.Ignore(m, "nothing is under way that could fail")
		return nil
	}
	e := el.Data
	e.Deploy, e.Lock, e.Stage, e.Message = ack.Deploy, ack.Lock, ack.Stage, ack.Message
	if ack.Stage == nil {
		e.Sub = noSub
	}
	if err := v.elements.Fire(v.t, el, e.state()); err != nil {
		return err
	}
	if ack.Result == failed {
		return v.fail(underWay)
	}
	return v.place(underWay, el)
}

var errNowhere = errors.New("an answer does not say where the element stands; it names a deploy state and a lock state")

// fail ends the operation badly. It stays so, whatever other participants say.
func (v *visit) fail(op *operation) error {
	v.t.Data.Result, v.news = failed, true
	if v.t.State == op.failed {
		return nil
	}
	return v.t.Fire(Failed)
}

// report notes how an element does.
func (v *visit) report(m supervision.Message, r Report) {
	el, known := v.elements.Get(v.t, m.Element)
	if !known {
		v.t.Ignore(m, "there is no such element")
		return
	}
	el.Data.Out, el.Data.UseState, el.Data.OperationalState = r.Out, r.UseState, r.OperationalState
}
