package provisioning

import (
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

type (
	turn    = supervision.Turn[Request, Status, RequestEvent]
	element = supervision.Element[Resource, ResourceState]
)

// A work is one turn of a request: what was heard is taken down, and then each resource that it can matter to is looked at, until
// nothing is left to do.
type work struct {
	m     *Manager
	t     *turn
	queue []string
	in    map[string]bool // the queue
	seen  map[string]bool // have been looked at
	whole bool            // the turn has all resources
	err   error
}

func (m *Manager) work(t *turn) *work {
	return &work{m: m, t: t, in: map[string]bool{}, seen: map[string]bool{}}
}

// decide is the decider of requests.
func (m *Manager) decide(t *turn) error {
	if m.broken != nil {
		return m.broken
	}
	w := m.work(t)
	for _, msg := range t.Messages {
		w.hear(msg)
	}
	t.Data.Begun = true
	return w.end()
}

// look has resources looked at.
func (w *work) look(names ...string) {
	w.have(names)
	for _, name := range names {
		if !w.in[name] {
			w.in[name] = true
			w.queue = append(w.queue, name)
		}
	}
}

// have reads all resources at once where many are needed: else each would be read by itself.
func (w *work) have(names []string) {
	const many = 8
	if w.whole || len(names) <= many {
		return
	}
	w.whole = true
	for range w.m.resources.All(w.t) {
	}
}

// lookAtDue has those looked at whose time has come, also of those that the turn has only because others come after them.
func (w *work) lookAtDue() {
	if len(w.queue) > 0 {
		return
	}
	for _, el := range w.m.resources.Due(w.t) {
		if !w.seen[el.Name] {
			w.look(el.Name)
		}
	}
}

func (w *work) lookAtAll() {
	w.whole = true
	for el := range w.m.resources.All(w.t) {
		w.look(el.Name)
	}
}

// end does what is to be done, and tells the owner.
func (w *work) end() error {
	for w.lookAtDue(); len(w.queue) > 0 && w.err == nil; w.lookAtDue() {
		name := w.queue[0]
		w.queue = w.queue[1:]
		delete(w.in, name)
		w.seen[name] = true
		if el, ok := w.m.resources.Get(w.t, name); ok {
			w.advance(el)
		}
	}
	if w.err == nil {
		w.tell()
	}
	return w.err
}

// advance does what is to be done about a resource, until it has to wait.
func (w *work) advance(el *element) {
	for w.err == nil {
		v, err := w.view(el)
		if err != nil {
			w.err = err
			return
		}
		s := v.next()
		switch s.Do {
		case Rest:
			w.m.resources.Wake(w.t, el, 0)
			return
		case Wait:
			w.m.resources.Wake(w.t, el, until(w.t.Now, s.At))
			return
		case Drop:
			w.cancel(el)
			el.Data.Asked = false
			w.fire(el, drop)
			w.lookAround(el)
		case Fail:
			w.fail(el, s.Why, v.goal)
		default:
			w.call(el, v.of, s.Do)
		}
	}
}

// until returns how long it is until at; zero: for ever.
func until(now, at time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return max(at.Sub(now), time.Microsecond)
}

// provisioner returns who provisions a resource. A program that does not know its type leaves everything as it is.
func (w *work) provisioner(el *element) (*provisioner, error) {
	of := w.m.types[el.Data.Type]
	if of == nil {
		return nil, fmt.Errorf("resource %q is of type %q, for which this program has no provisioner; those are: %s", el.Name, el.Data.Type, w.m.typeNames())
	}
	return of, nil
}

// view returns all that decides what is done next about a resource.
func (w *work) view(el *element) (*view, error) {
	of, err := w.provisioner(el)
	if err != nil {
		return nil, err
	}
	if w.t.Data.Goal == Absent {
		w.have(el.Data.Before)
	}
	get := func(name string) ResourceState {
		if other, ok := w.m.resources.Get(w.t, name); ok {
			return other.State
		}
		return ResourceAbsent
	}
	return w.m.view(w.t.Data.Goal, w.t.Now, el, of, get), nil
}

func (m *Manager) view(g Goal, now time.Time, el *element, of *provisioner, stateOf func(name string) ResourceState) *view {
	return &view{
		goal: g, now: now, state: el.State, since: el.Since, r: el.Data, of: of, gate: m.options.Gate,
		blocker: blocker(g, el, stateOf),
	}
}

// blocker returns a resource that has to be there, or gone, before; empty: none.
func blocker(g Goal, el *element, stateOf func(name string) ResourceState) string {
	if g == Present {
		if el.State != ResourcePlanned {
			return ""
		}
		for _, name := range el.Data.After {
			if stateOf(name) != ResourcePresent {
				return name
			}
		}
		return ""
	}
	for _, name := range el.Data.Before {
		if s := stateOf(name); s != ResourceAbsent && s != ResourceAbandoned {
			return name
		}
	}
	return ""
}

// lookAround has the resources looked at for which it matters what became of this one.
func (w *work) lookAround(el *element) {
	w.look(el.Data.Before...)
	w.look(el.Data.After...)
}

func (w *work) fire(el *element, e ResourceEvent) {
	if err := w.m.resources.Fire(w.t, el, e); err != nil {
		w.err = errors.Join(w.err, err)
	}
}

// cancel calls off the calls about a resource. The next one waits for one that is being made.
func (w *work) cancel(el *element) {
	if el.Data.Op.Call != "" {
		w.t.Cancel(el.Name)
	}
}
