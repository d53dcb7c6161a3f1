package provisioning

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/internal/text"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Request makes a request in the commit of an owner's turn; the owner, if it is not zero, is told with [StatusChanged] whenever its status
// changes. A request whose id exists already is left as it is. What is wrong with the specs, such as a type that nobody
// provisions or a ring of dependencies, is an error, and nothing is made.
func (m *Manager) Request(t supervision.Outbound, id string, owner storage.Key, specs ...Spec) error {
	resources, err := m.checked(specs)
	if err == nil {
		err = checkKeys(id, owner)
	}
	if err != nil {
		return err
	}
	m.Requests.Spawn(t, id, Request{Owner: owner, Goal: Present}, supervision.SetUp(m.setUp(specs, resources)))
	return nil
}

func checkKeys(id string, owner storage.Key) error {
	switch {
	case !isText(id, storage.MaxID):
		return fmt.Errorf("provisioning: %w: the id of a request is %q; a text of 1 to %d bytes is right", storage.ErrInvalid, id, storage.MaxID)
	case owner == storage.Key{}:
		return nil
	case !isText(owner.Kind, storage.MaxName) || !isText(owner.ID, storage.MaxID):
		return fmt.Errorf("provisioning: %w: the owner of request %q is %q; the key of a record is right, or none", storage.ErrInvalid, id, owner)
	}
	return nil
}

// CreateRequest is Request for a host without a record that owns it: nobody is told, and [Manager.Requests] has the status. A request
// whose id exists already is [storage.ErrExists].
func (m *Manager) CreateRequest(ctx context.Context, id string, specs ...Spec) error {
	resources, err := m.checked(specs)
	if err != nil {
		return err
	}
	return m.Requests.Create(ctx, id, Request{Goal: Present}, supervision.SetUp(m.setUp(specs, resources)))
}

func (m *Manager) checked(specs []Spec) ([]Resource, error) {
	if m.broken != nil {
		return nil, m.broken
	}
	resources, err := m.resourcesOf(specs)
	if err != nil {
		return nil, fmt.Errorf("provisioning: %w", err)
	}
	return resources, nil
}

func (m *Manager) setUp(specs []Spec, resources []Resource) func(t supervision.Outbound) error {
	return func(t supervision.Outbound) error {
		of, ok := t.(*turn)
		if !ok {
			return errors.New("provisioning: it is not a turn of a request")
		}
		of.Data.Nonce = of.NewID()
		for i := range specs {
			el := m.resources.Add(t, specs[i].ID, 0, resources[i])
			m.resources.Wake(t, el, time.Microsecond) // so that the first turns have it at hand
		}
		return nil
	}
}

// Terminate ends a request in the commit of a turn: what was made is released, and what is being made as soon as it can be. Of the
// reason 2 KiB are kept for people. One that has ended, or is ending, goes on as it was.
func (m *Manager) Terminate(t supervision.Outbound, id, reason string) {
	terminated.Send(t, m.Requests.Key(id), termination{text.Clip(reason, maxReason)})
}

// TerminateRequest is Terminate from outside. If there is no such request it is [storage.ErrNotFound].
func (m *Manager) TerminateRequest(ctx context.Context, id, reason string) error {
	return terminated.Deliver(ctx, m.Requests, id, termination{text.Clip(reason, maxReason)})
}

// Approve opens the gate of a resource: it is asked for as soon as those that it comes after are there.
func (m *Manager) Approve(ctx context.Context, id, resource string) error {
	return m.order(ctx, id, resource, func(_ *work, el *element) error {
		if !el.Data.Gated || el.State != ResourcePlanned {
			return fmt.Errorf("%w: it does not wait at a gate; it is %s", storage.ErrInvalid, el.State)
		}
		el.Data.Gated = false
		return nil
	})
}

// Retry has a resource that failed, or could not be released, tried again, with all its attempts and all its time. Its gate, if nobody
// opened it, and those that it comes after count as at first. One that waits after a failed call, or for somebody outside, is called
// about at once.
func (m *Manager) Retry(ctx context.Context, id, resource string) error {
	return m.order(ctx, id, resource, func(w *work, el *element) error {
		of := w.m.types[el.Data.Type]
		switch {
		case of == nil:
			return fmt.Errorf("%w: no provisioner is registered for its type %q", storage.ErrInvalid, el.Data.Type)
		case el.State == ResourceFailed && w.t.Data.Goal == Present:
			el.Data.Foreign = false
			w.fire(el, again)
		case el.State == ResourceReleaseFailed:
			w.call(el, of, Release)
		case el.Data.Op.open() && el.Data.Op.Call == "" && !el.Data.Op.Looking:
			el.Data.Op.Next = w.t.Now
		default:
			return fmt.Errorf("%w: there is nothing to be tried again; it is %s", storage.ErrInvalid, el.State)
		}
		w.clearError()
		return nil
	})
}

// Abandon has nobody care any more for a resource that cannot be released, so that its request can end. It may be there for ever: the
// reason, which must not be empty, is kept for people. The request must have been terminated.
func (m *Manager) Abandon(ctx context.Context, id, resource, reason string) error {
	return m.order(ctx, id, resource, func(w *work, el *element) error {
		switch {
		case strings.TrimSpace(reason) == "":
			return fmt.Errorf("%w: a resource is abandoned without a reason; say why", storage.ErrInvalid)
		case w.t.Data.Goal == Present:
			return fmt.Errorf("%w: its request is wanted; terminate that first", storage.ErrInvalid)
		}
		w.cancel(el)
		el.Data.end(GivenUp)
		el.Data.Abandoned = text.Clip(reason, maxReason)
		if err := m.resources.Fire(w.t, el, abandon); err != nil {
			return err
		}
		w.clearError()
		w.lookAround(el)
		return nil
	})
}

// Repair has a resource that was found to be gone made again, as another generation with another key.
func (m *Manager) Repair(ctx context.Context, id, resource string) error {
	return m.order(ctx, id, resource, func(w *work, el *element) error {
		of := w.m.types[el.Data.Type]
		if el.State != ResourcePresent || el.Data.Drift != goneDrift || w.t.Data.Goal == Absent || of == nil {
			return fmt.Errorf("%w: only a resource that is wanted and was found to be gone can be repaired; it is %s", storage.ErrInvalid, el.State)
		}
		el.Data.Known, el.Data.Expires, el.Data.Renewal, el.Data.Drift, el.Data.Key = Known{}, time.Time{}, time.Time{}, "", ""
		w.call(el, of, Ensure)
		return nil
	})
}

// clearError takes back what went wrong for good, if nothing that did is left.
func (w *work) clearError() {
	if w.m.resources.Count(w.t, ResourceFailed, ResourceReleaseFailed) == 0 && w.t.Data.Goal == Present {
		w.t.Data.Error = ""
	}
}

// order gives f a resource in a turn of its request.
func (m *Manager) order(ctx context.Context, id, resource string, f func(w *work, el *element) error) error {
	if m.broken != nil {
		return m.broken
	}
	return m.Requests.Change(ctx, id, func(t *turn) error {
		w := m.work(t)
		el, ok := m.resources.Get(t, resource)
		if !ok {
			return fmt.Errorf("resource %q: %w", resource, storage.ErrNotFound)
		}
		if err := f(w, el); err != nil {
			return fmt.Errorf("resource %q: %w", resource, err)
		}
		w.look(resource)
		return w.end()
	})
}
