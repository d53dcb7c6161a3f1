package provisioning

import (
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// call makes a call about a resource, and begins the operation that it belongs to if that is not under way.
func (w *work) call(el *element, of *provisioner, do Action) {
	r := el.Data
	switch {
	case do == Ensure && el.State != ResourceEnsuring && el.State != ResourceRequested:
		w.fire(el, ensure)
	case do == Release && el.State != ResourceReleasing && el.State != ResourceReleaseRequested:
		w.fire(el, release)
	}
	switch {
	case do == Ensure && r.Op.Goal != Present:
		r.Asked = true
		if r.Key == "" {
			r.Generation++
			r.Key = w.keyOf(el)
		}
		w.begin(el, Present, of.options.Within)
	case do == Release && r.Op.Goal != Absent:
		w.begin(el, Absent, of.options.ReleaseWithin)
	}
	op := &r.Op
	if do == Ensure || do == Release {
		op.Attempts++
	}
	within := op.Deadline.Sub(w.t.Now)
	if op.Deadline.IsZero() {
		within = lookWithin
	}
	if do == Poll && within <= 0 {
		op.LastLook, op.Deadline = true, w.t.Now.Add(of.options.Timeout)
		within = of.options.Timeout
	}
	o := order{Do: do, Goal: w.t.Data.Goal, Key: r.Key, Generation: r.Generation, Operation: op.ID, Attempt: op.Attempts, Config: r.Config, Handle: r.Handle}
	if op.Goal != "" {
		o.Goal = op.Goal
	}
	if do == Ensure {
		o.After = w.known(r.After)
	}
	op.Doing, op.Next = do, time.Time{}
	op.Call = of.effect.Emit(w.t, o, supervision.Lane(el.Name), supervision.ForElement(el.Name), supervision.Within(within))
}

// keyOf returns the idempotency key of the resource's generation.
func (w *work) keyOf(el *element) string {
	return digest(w.t.Data.Nonce, el.Name, el.Data.Generation)
}

// lookWithin is how long a look at a resource that is there may wait until it can be made.
const lookWithin = time.Hour

// begin begins an operation. One that is under way is superseded.
func (w *work) begin(el *element, g Goal, within time.Duration) {
	r := el.Data
	w.cancel(el)
	if r.Op.Call != "" && r.Op.Doing == Ensure {
		r.Doubt = w.t.Now
	}
	r.end(Superseded)
	id := w.t.NewID()
	r.Op = Operation{ID: id, Goal: g, Began: w.t.Now, Deadline: w.t.Now.Add(within), Proof: w.m.proofOf(id)}
	r.Error = ""
}

// known returns what is known of the resources that one comes after.
func (w *work) known(names []string) map[string]Known {
	out := make(map[string]Known, len(names))
	for _, name := range names {
		if el, ok := w.m.resources.Get(w.t, name); ok {
			out[name] = el.Data.Known
		}
	}
	return out
}
