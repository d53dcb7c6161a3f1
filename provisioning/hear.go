package provisioning

import (
	"errors"

	"github.com/reeve-go/reeve/supervision"
)

// termination is the message that a request is not wanted any more.
type termination struct {
	Reason string `json:"reason"`
}

// called is the message that an external provisioner has called back about an operation.
type called struct {
	Operation string `json:"operation"`
	// Delivery tells it from other callbacks about the operation.
	Delivery string `json:"delivery"`
	Reply    reply  `json:"reply"`
}

var (
	terminated = supervision.NewMessage[termination]("provisioning.terminate")
	calledBack = supervision.NewMessage[called]("provisioning.callback")
)

// hear takes down one message.
func (w *work) hear(msg supervision.Message) {
	if c, ok := terminated.Body(msg); ok {
		w.terminate(c.Reason, "")
		return
	}
	el, there := w.m.resources.Get(w.t, msg.Element)
	if msg.Element == "" || !there {
		return
	}
	of, err := w.provisioner(el)
	if err != nil {
		w.err = err // and the message stays for a program that knows the type
		return
	}
	if c, ok := calledBack.Body(msg); ok {
		w.hearCallback(el, of, msg, c)
	} else {
		w.hearOutcome(el, of, msg)
	}
}

// terminate has everything released.
func (w *work) terminate(reason, problem string) {
	d := w.t.Data
	if d.Goal == Absent {
		return
	}
	d.Goal, d.Reason = Absent, reason
	if problem != "" {
		d.Error = problem
	}
	w.lookAtAll()
}

// hearOutcome takes down what came of a call.
func (w *work) hearOutcome(el *element, of *provisioner, msg supervision.Message) {
	a, err, ok := of.effect.Outcome(msg)
	if !ok {
		return
	}
	if err != nil {
		a = unheard(err)
	}
	op := &el.Data.Op
	if op.Call == "" || a.Call != op.Call {
		w.hearLate(el, msg, &a)
		return
	}
	do := op.Doing
	op.Call, op.Doing = "", ""
	w.take(el, of, do, &a)
	w.look(el.Name)
}

// unheard returns what is recorded of a call that has no outcome.
func unheard(err error) reply {
	r := reply{Class: uncertain, Error: err.Error()}
	if given, ok := errors.AsType[*supervision.EffectError](err); ok {
		r.Call = given.ID
		if given.Attempts == 0 {
			r.Class = retryable // it was never made
		}
	}
	return r
}

// hearCallback takes down what an external provisioner says by itself. It counts for the operation that is under way; what is said
// of another one comes too late.
func (w *work) hearCallback(el *element, of *provisioner, msg supervision.Message, c called) {
	op := el.Data.operation(c.Operation)
	if op == nil {
		w.t.Ignore(msg, "it is about an operation that is not known any more")
		return
	}
	if op.Ended != "" {
		w.hearLate(el, msg, &c.Reply)
		w.comeBack(el, op, &c.Reply)
		return
	}
	op.Heard = append([]string{c.Delivery}, op.Heard[:min(len(op.Heard), keptHeard-1)]...)
	if c.Reply.Class == "" && c.Reply.State == InProgress && (!isWaiting(el.State) || op.Doing == Ensure || op.Doing == Release) {
		w.learn(el, of, &c.Reply) // the answer to the call itself is still to come, or it may be older than what that has failed with
		return
	}
	w.cancel(el)
	op.Call, op.Doing = "", ""
	do := Release
	if op.Goal == Present {
		do = Ensure
	}
	w.take(el, of, do, &c.Reply)
	w.look(el.Name)
}

// hearLate takes down what is said of an operation that is over. If it says that the resource was made after all, and that is not
// wanted, it is released.
func (w *work) hearLate(el *element, msg supervision.Message, a *reply) {
	w.t.Ignore(msg, "it is about a call or an operation that is over")
	r := el.Data
	if a.Class != "" || a.Handle == "" || r.Handle != "" || w.t.Data.Goal == Present {
		return
	}
	r.Handle = a.Handle
	w.look(el.Name)
}

// comeBack has a resource released again of which it was said that it is gone, if somebody says later that it was made.
func (w *work) comeBack(el *element, op *Operation, a *reply) {
	if el.State != ResourceAbsent || op.Goal != Present || a.Class != "" || a.State != Done || w.t.Data.Goal == Present {
		return
	}
	el.Data.Asked, el.Data.Key = true, w.keyOf(el)
	w.look(el.Name)
}
